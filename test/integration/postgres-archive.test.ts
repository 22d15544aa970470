import { afterAll, beforeAll, expect, test } from "bun:test";
import { lstatSync, readdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unpackArchive, type PostgresArchive } from "#server/store/postgres-archive.ts";
import { EmbeddedServers, query, ready } from "#test/support/embedded-servers.ts";

const ROOT = join(import.meta.dir, "../..");
const TEST_MS = 120_000;

let servers: EmbeddedServers;
let archive: PostgresArchive;
beforeAll(() => {
  servers = new EmbeddedServers();
  const path = join(servers.directory, "postgres.pack");
  const { hash } = JSON.parse(run([join(ROOT, "scripts/pack-postgres.ts"), "--out", path]));
  archive = { path, hash };
}, TEST_MS);
afterAll(() => servers[Symbol.asyncDispose]());

function run(args: readonly string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync([process.execPath, ...args], { cwd: ROOT });
  if (exitCode !== 0) throw new Error(stderr.toString());
  return stdout.toString();
}

test("an archive becomes programs and links, once, though several unpack it at the same time", async () => {
  const directory = join(servers.directory, "several");
  const paths = await Promise.all([1, 2, 3].map(() => unpackArchive(archive, directory)));
  expect(new Set(paths)).toEqual(new Set([join(directory, archive.hash)]));
  expect(readdirSync(directory)).toEqual([archive.hash]);
  const native = join(directory, archive.hash);
  expect(lstatSync(join(native, "bin/postgres")).mode & 0o777).toBe(0o755);
  if (process.platform === "linux") {
    expect(readlinkSync(join(native, "lib/libicuuc.so.60"))).toBe("libicuuc.so.60.2");
  }
});

test("an archive that is damaged leaves nothing behind", async () => {
  const path = join(servers.directory, "damaged.pack");
  writeFileSync(path, "not an archive");
  const directory = join(servers.directory, "damaged");
  expect(unpackArchive({ path, hash: "x" }, directory)).rejects.toThrow("could not be unpacked");
  await unpackArchive({ path, hash: "x" }, directory).catch(() => {});
  expect(readdirSync(directory)).toEqual([]);
});

test(
  "a compiled program brings its PostgreSQL along",
  async () => {
    const program = join(servers.directory, "compiled");
    const entry = join(servers.directory, "entry.ts");
    writeFileSync(
      entry,
      `import path from ${JSON.stringify(archive.path)} with { type: "file" };
       import { setPostgresArchive } from ${JSON.stringify(join(ROOT, "server/store/postgres-archive.ts"))};
       setPostgresArchive(path, ${JSON.stringify(archive.hash)});
       await import(${JSON.stringify(join(ROOT, "test/support/embedded-postgres-program.ts"))});`,
    );
    run(["build", "--compile", "--bytecode", "--format=esm", `--outfile=${program}`, entry]);
    const { url } = await ready(servers.run([program, servers.data]));
    expect(await query(url, "select 1 as value")).toEqual([1]);
    expect(readdirSync(join(servers.data, "binaries"))).toEqual([archive.hash]);
  },
  TEST_MS,
);
