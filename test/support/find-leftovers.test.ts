import { afterEach, expect, test } from "bun:test";
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findLeftovers } from "./find-leftovers.ts";

const cleanUps: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function temporaryDirectory(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "sluice-leftovers-")));
  cleanUps.push(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** Starts a shell that says when it runs, and lives until the test is over. */
async function startShell(options: { cwd: string; env: Record<string, string>; name: string }) {
  const shell = Bun.spawn(["sh", "-c", "echo up; read -r line", options.name], {
    cwd: options.cwd,
    env: { PATH: process.env["PATH"] ?? "", ...options.env },
    stdin: "pipe",
    stdout: "pipe",
  });
  cleanUps.push(async () => {
    shell.kill("SIGKILL");
    await shell.exited;
  });
  await shell.stdout.getReader().read();
  return shell.pid;
}

test.if(process.platform === "linux")(
  "a process is found by its TMPDIR, by its command line and by where it stands",
  async () => {
    const directory = temporaryDirectory();
    const byTmpdir = await startShell({ cwd: "/", env: { TMPDIR: directory }, name: "a" });
    const byArgument = await startShell({ cwd: "/", env: {}, name: `${directory}/data` });
    const byPlace = await startShell({ cwd: directory, env: {}, name: "c" });
    const pids = findLeftovers(directory).map(({ pid }) => pid);
    expect(new Set(pids)).toEqual(new Set([byTmpdir, byArgument, byPlace]));
  },
);

test("a process of another directory is left alone, and so is one that has ended", async () => {
  const directory = temporaryDirectory();
  await startShell({ cwd: "/", env: { TMPDIR: `${directory}-other` }, name: "a" });
  const ended = Bun.spawn(["true"], { env: { TMPDIR: directory } });
  await ended.exited;
  expect(findLeftovers(directory)).toEqual([]);
});
