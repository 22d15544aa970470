import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chooseAccount } from "#server/store/postgres-account.ts";
import { installedBinaries, makeLinks } from "#server/store/postgres-binaries.ts";
import { startProgram, type PostgresProcess } from "#server/store/postgres-process.ts";
import { OWN_MARK } from "#server/store/stale-postmaster.ts";
import {
  EmbeddedServers,
  KEPT,
  postmaster,
  query,
  ready,
  refusal,
} from "#test/support/embedded-servers.ts";
import { eventually } from "#test/support/eventually.ts";

const START_MS = 30_000;
const TEST_MS = 90_000;
const isRoot = process.getuid?.() === 0;
const hasSetpriv = Bun.which("setpriv") !== null;

let servers: EmbeddedServers;
beforeEach(() => {
  servers = new EmbeddedServers();
});
afterEach(() => servers[Symbol.asyncDispose]());

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A PostgreSQL that runs on the data while no server does. */
async function leftBehind(data: string, settings: readonly string[]): Promise<PostgresProcess> {
  const binaries = installedBinaries();
  makeLinks(binaries);
  const { promise, resolve } = Promise.withResolvers<void>();
  const left = startProgram(
    { binaries, account: chooseAccount(undefined), capability: undefined },
    "postgres",
    [
      "-D",
      join(data, "cluster"),
      "-k",
      join(data, "socket"),
      ...["listen_addresses=", ...settings].flatMap((setting) => ["-c", setting]),
    ],
    (line) => {
      if (line.includes("ready to accept connections")) resolve();
    },
  );
  await promise;
  return left;
}

describe("a server with its own PostgreSQL", () => {
  test(
    "keeps its data over a stop, under a long path with spaces",
    async () => {
      const data = join(servers.directory, "a path with spaces", "and long ".repeat(12).trim());
      await servers.prepare(data);
      const { url, adopted } = await ready(servers.launch(data));
      expect(adopted).toBe(false);
      expect(await query(url, KEPT)).toEqual([7]);
    },
    TEST_MS,
  );

  test(
    "listens on no port, and its socket is closed to other users",
    async () => {
      const { url } = await ready(servers.launch(servers.data));
      expect(
        await query(
          url,
          "select setting as value from pg_settings where name = 'listen_addresses'",
        ),
      ).toEqual([""]);
      expect(
        await query(url, "select setting as value from pg_settings where name = 'fsync'"),
      ).toEqual(["on"]);
      const sockets = new URL(url).searchParams.get("host") ?? "";
      expect(Bun.spawnSync(["stat", "-c", "%a", sockets]).stdout.toString()).toBe("700\n");
    },
    TEST_MS,
  );

  test.skipIf(!hasSetpriv)(
    "takes its PostgreSQL with it when it is killed, and the next one has the data",
    async () => {
      const data = servers.data;
      await servers.prepare(data);
      const killed = servers.launch(data);
      const { url } = await ready(killed);
      await query(url, "insert into kept values (8)");
      const pid = postmaster(data);
      await killed.kill();
      const next = await ready(servers.launch(data));
      expect(await query(next.url, `${KEPT} order by value`)).toEqual([7, 8]);
      await eventually(() => !isAlive(pid));
    },
    TEST_MS,
  );

  test(
    "is refused while another one lives, which goes on",
    async () => {
      const data = servers.data;
      const first = servers.launch(data);
      const { url } = await ready(first);
      const second = await refusal(servers.launch(data));
      expect(second).toContain(`process ${first.pid}`);
      expect(second).toContain("another --data-dir");
      expect(await query(url, "select 1 as value")).toEqual([1]);
    },
    TEST_MS,
  );

  test(
    "of two that start at the same time on new data exactly one owns it",
    async () => {
      const data = servers.data;
      const both = [servers.launch(data), servers.launch(data)];
      const outcomes = await Promise.all(
        both.map((program) => program.line(/^(ready|refused)/, START_MS).then(([, word]) => word)),
      );
      expect(new Set(outcomes)).toEqual(new Set(["ready", "refused"]));
    },
    TEST_MS,
  );

  test(
    "is not kept out by a postmaster.pid whose number another program has now",
    async () => {
      const data = servers.data;
      await servers.prepare(data);
      const file = join(data, "cluster/postmaster.pid");
      writeFileSync(
        file,
        `${process.pid}\n${join(data, "cluster")}\n1\n5432\n/nowhere\n\n 1 1\nready   \n`,
      );
      const { url, adopted } = await ready(servers.launch(data));
      expect(adopted).toBe(false);
      expect(await query(url, KEPT)).toEqual([7]);
    },
    TEST_MS,
  );

  test(
    "is not kept out by an empty postmaster.pid",
    async () => {
      const data = servers.data;
      await servers.prepare(data);
      writeFileSync(join(data, "cluster/postmaster.pid"), "");
      expect(await query((await ready(servers.launch(data))).url, KEPT)).toEqual([7]);
    },
    TEST_MS,
  );

  test(
    "starts its PostgreSQL again when that dies by itself",
    async () => {
      const data = servers.data;
      await servers.prepare(data);
      const { url } = await ready(servers.launch(data));
      const pid = postmaster(data);
      process.kill(pid, "SIGKILL");
      const rows = await eventually(
        async () => (postmaster(data) === pid ? null : query(url, KEPT)),
        {
          timeoutMs: START_MS,
        },
      );
      expect(rows).toEqual([7]);
    },
    TEST_MS,
  );
});

describe("a PostgreSQL that an earlier server left running", () => {
  test(
    "is taken over, with its data",
    async () => {
      await servers.prepare(servers.data);
      const left = await leftBehind(servers.data, [OWN_MARK]);
      const { url, adopted } = await ready(servers.launch(servers.data));
      expect(adopted).toBe(true);
      expect(await query(url, KEPT)).toEqual([7]);
      expect(await left.exited).toBe(0);
    },
    TEST_MS,
  );

  test(
    "is left alone if somebody else started it",
    async () => {
      await servers.prepare(servers.data);
      const left = await leftBehind(servers.data, []);
      try {
        expect(await refusal(servers.launch(servers.data))).toContain(`process ${left.pid}`);
        expect(isAlive(left.pid)).toBe(true);
      } finally {
        left.kill("SIGINT");
        await left.exited;
      }
    },
    TEST_MS,
  );
});

describe("data that cannot be used is refused with the way out:", () => {
  test(
    "written by another version of PostgreSQL",
    async () => {
      const data = servers.data;
      await servers.prepare(data);
      writeFileSync(join(data, "cluster/PG_VERSION"), "15\n");
      expect(await refusal(servers.launch(data))).toMatch(
        /written by PostgreSQL 15, and this Sluice brings PostgreSQL 18; .*SLUICE_DATABASE_URL/,
      );
    },
    TEST_MS,
  );

  test(
    "a directory that holds something else",
    async () => {
      const data = servers.data;
      mkdirSync(join(data, "cluster"), { recursive: true });
      expect(await refusal(servers.launch(data))).toContain("holds no PostgreSQL data");
    },
    TEST_MS,
  );

  test(
    "a file in the place of the directory",
    async () => {
      const data = servers.data;
      writeFileSync(data, "");
      expect(await refusal(servers.launch(data))).toMatch(
        /cannot be made: .*choose another with --data-dir|cannot be made: .*--data-dir/,
      );
    },
    TEST_MS,
  );

  test.skipIf(!isRoot)(
    "a disk without room",
    async () => {
      const data = join(servers.directory, "small");
      mkdirSync(data);
      // A file system of its own, in a mount namespace that ends with the server.
      const script = 'mount -t tmpfs -o size=8m none "$0" && chmod 755 "$0" && exec "$@"';
      const message = await refusal(
        servers.launch(data, ["unshare", "--mount", "sh", "-c", script, data]),
      );
      expect(message).toContain("No space left on device");
      expect(message).toContain(data);
    },
    TEST_MS,
  );
});
