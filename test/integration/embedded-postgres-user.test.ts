import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { installedBinaries } from "#server/store/postgres-binaries.ts";
import {
  EmbeddedServers,
  KEPT,
  postmaster,
  query,
  ready,
  refusal,
} from "#test/support/embedded-servers.ts";

const TEST_MS = 90_000;
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const hasSetpriv = Bun.which("setpriv") !== null;

let servers: EmbeddedServers;
beforeEach(() => {
  servers = new EmbeddedServers();
});
afterEach(() => servers[Symbol.asyncDispose]());

describe.skipIf(!isRoot || !hasSetpriv)("the user", () => {
  const nobody = ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];

  test(
    "an ordinary one runs PostgreSQL itself",
    async () => {
      const data = servers.data;
      mkdirSync(data);
      chownSync(data, NOBODY, NOBODY);
      await servers.prepare(data, nobody);
      const { url } = await ready(servers.launch(data, nobody));
      expect(await query(url, KEPT)).toEqual([7]);
      expect(
        Bun.spawnSync(["stat", "-c", "%u", `/proc/${postmaster(data)}`]).stdout.toString(),
      ).toBe(`${NOBODY}\n`);
    },
    TEST_MS,
  );

  test(
    "an ordinary one may not use the data of root's PostgreSQL",
    async () => {
      const data = servers.data;
      await servers.prepare(data);
      expect(await refusal(servers.launch(data, nobody))).toMatch(
        /cannot be written|cannot be read/,
      );
    },
    TEST_MS,
  );

  test(
    "root hands it to another, who needs no way through root's closed directories",
    async () => {
      const closed = join(servers.directory, "root's own");
      mkdirSync(closed);
      chmodSync(closed, 0o700);
      const data = join(closed, "data");
      await servers.prepare(data);
      const { url } = await ready(servers.launch(data));
      expect(await query(url, KEPT)).toEqual([7]);
      const status = readFileSync(`/proc/${postmaster(data)}/status`, "utf8");
      expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).not.toBe("0");
    },
    TEST_MS,
  );

  test(
    "root's PostgreSQL has no capability where it needs none",
    async () => {
      const data = servers.data;
      await ready(servers.launch(data));
      const status = readFileSync(`/proc/${postmaster(data)}/status`, "utf8");
      expect(/^CapEff:\s+(\w+)/m.exec(status)?.[1]).toBe("0".repeat(16));
    },
    TEST_MS,
  );

  test(
    "root of a container needs no more than the capabilities that containers have",
    async () => {
      const closed = join(servers.directory, "closed");
      mkdirSync(closed);
      chmodSync(closed, 0o700);
      const kept = [
        "chown",
        "dac_override",
        "fowner",
        "fsetid",
        "kill",
        "setgid",
        "setuid",
        "setpcap",
      ];
      const bounds = ["-all", ...kept.map((name) => `+${name}`)].join(",");
      const data = join(closed, "data");
      const { url } = await ready(servers.launch(data, ["setpriv", `--bounding-set=${bounds}`]));
      expect(await query(url, "select 1 as value")).toEqual([1]);
      const status = readFileSync(`/proc/${postmaster(data)}/status`, "utf8");
      expect(BigInt(`0x${/^CapEff:\s+(\w+)/m.exec(status)?.[1]}`)).toBe(1n << 1n);
    },
    TEST_MS,
  );

  test(
    "without the capability root is told to choose another directory",
    async () => {
      const closed = join(servers.directory, "closed");
      mkdirSync(closed);
      chmodSync(closed, 0o700);
      const weak = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"];
      expect(await refusal(servers.launch(join(closed, "data"), weak))).toContain(
        "choose a --data-dir that this user can reach",
      );
    },
    TEST_MS,
  );

  test(
    "programs that only root can read serve it where they are",
    async () => {
      const binaries = packageCopy(join(servers.directory, "closed"), 0o700);
      const { url } = await ready(servers.launch(servers.data, [], [binaries]));
      expect(await query(url, "select 1 as value")).toEqual([1]);
      expect(existsSync(join(servers.data, "native"))).toBe(false);
    },
    TEST_MS,
  );

  test(
    "programs whose links are missing in a place closed to writing are copied too",
    async () => {
      const binaries = packageCopy(join(servers.directory, "closed"), 0o755);
      mkdirSync(servers.data);
      chownSync(servers.data, NOBODY, NOBODY);
      const { url } = await ready(servers.launch(servers.data, nobody, [binaries]));
      expect(await query(url, "select 1 as value")).toEqual([1]);
      expect(existsSync(join(servers.data, "native/bin/postgres"))).toBe(true);
    },
    TEST_MS,
  );
});

/** The npm package as it is before its links are made. Returns its directory `native`. */
function packageCopy(target: string, mode: number): string {
  const native = installedBinaries();
  const links: { target: string }[] = JSON.parse(
    readFileSync(join(native, "pg-symlinks.json"), "utf8"),
  );
  cpSync(native, join(target, "native"), { recursive: true, verbatimSymlinks: true });
  for (const link of links) rmSync(join(target, link.target), { force: true });
  chmodSync(target, mode);
  return join(target, "native");
}
