import { describe, expect, test } from "bun:test";
import { runCli } from "#cli/program.ts";
import { capture } from "#test/support/captured-cli.ts";

async function script(shell: string): Promise<string> {
  const cli = capture();
  expect(await runCli(["completion", shell], cli.surroundings)).toBe(0);
  return cli.out();
}

const bashScript = await script("bash");

/** What bash offers when Tab is pressed at the end of the words, as its own machinery answers. */
function offered(...words: string[]): string[] {
  const driver = `${bashScript}
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
$(complete -p sluice | sed 's/.*-F \\([^ ]*\\) .*/\\1/')
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, exitCode } = Bun.spawnSync(
    ["bash", "-c", driver, "bash", "sluice", ...words],
    {
      cwd: import.meta.dir,
    },
  );
  expect(stderr.toString()).toBe("");
  expect(exitCode).toBe(0);
  return stdout
    .toString()
    .split("\n")
    .filter((word) => word !== "");
}

describe("completion of bash", () => {
  test("is a script that bash accepts", () => {
    const { exitCode, stderr } = Bun.spawnSync(["bash", "-n"], { stdin: Buffer.from(bashScript) });
    expect(stderr.toString()).toBe("");
    expect(exitCode).toBe(0);
  });

  test("offers groups, and then the commands of a group", () => {
    expect(offered("")).toContain("work-pool");
    expect(offered("dep")).toEqual(["deploy", "deployment"]);
    expect(offered("flow-run", "")).toEqual(
      expect.arrayContaining(["ls", "inspect", "logs", "cancel", "watch"]),
    );
    expect(offered("flow-run", "wa")).toEqual(["watch"]);
  });

  test("knows the other names of groups", () => {
    expect(offered("flow-runs", "ca")).toEqual(["cancel"]);
    expect(offered("work-pools", "create", "--lo")).toEqual(["--lost-policy", "--lost-after"]);
  });

  test("offers the flags of the command that was named", () => {
    expect(offered("flow-run", "logs", "id", "--f")).toEqual(["--follow"]);
    expect(offered("deployment", "run", "--watch")).toEqual(["--watch", "--watch-timeout"]);
  });

  test("offers the values of a flag that has few", () => {
    expect(offered("work-pool", "create", "x", "--lost-policy", "")).toEqual([
      "crash",
      "keep",
      "reschedule",
    ]);
    expect(offered("work-pool", "create", "x", "--lost-policy", "=", "k")).toEqual(["keep"]);
    expect(offered("agent", "ls", "-o", "")).toEqual(["json"]);
    expect(offered("completion", "")).toEqual(expect.arrayContaining(["bash", "zsh", "fish"]));
  });

  test("offers nothing where anything may stand", () => {
    expect(offered("flow-run", "ls", "--limit", "")).toEqual([]);
  });

  test("offers files where a file may stand", () => {
    expect(offered("deploy", "completion.t")).toEqual(["completion.test.ts"]);
    expect(offered("work-pool", "create", "--base-job-template", "zs")).toEqual(["zsh.ts"]);
  });

  test("does not take the value of --profile for a command", () => {
    expect(offered("--profile", "work-pool", "flow-run", "wat")).toEqual(["watch"]);
    expect(offered("-p", "agent", "dep")).toEqual(["deploy", "deployment"]);
  });
});

describe("completion of the other shells", () => {
  test.each(["zsh", "fish"])("%s knows every command and flag that bash knows", async (shell) => {
    const text = await script(shell);
    const longFlags = new Set(bashScript.match(/--[a-z-]+/g));
    expect(longFlags.size).toBeGreaterThan(30);
    for (const flag of longFlags)
      expect(text).toContain(shell === "fish" ? `-l ${flag.slice(2)}` : flag);
  });

  test.each([
    ["zsh", ["-n"]],
    ["fish", ["--no-execute"]],
  ])("%s accepts its script, where %s is installed", async (shell, flags) => {
    const path = Bun.which(shell);
    if (path === null) return;
    const { exitCode, stderr } = Bun.spawnSync([path, ...flags, "/dev/stdin"], {
      stdin: Buffer.from(await script(shell)),
    });
    expect(stderr.toString()).toBe("");
    expect(exitCode).toBe(0);
  });

  test("an unknown shell is refused with those there are", async () => {
    const cli = capture();
    expect(await runCli(["completion", "csh"], cli.surroundings)).toBe(2);
    expect(cli.err()).toContain("bash, zsh, fish");
  });
});
