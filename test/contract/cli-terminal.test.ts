import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { FlowRun } from "#proto/sluice/v1/flow_run.ts";
import { OnTerminal, TERMINAL_COLUMNS } from "#test/support/on-terminal.ts";
import { StandInControlPlane } from "#test/support/stand-in-control-plane.ts";

const MAIN = join(import.meta.dir, "../../cli/main.ts");
const ESCAPE = "\u001b";

const RUN = FlowRun.fromPartial({
  id: "01998c3e-0000-7000-8000-000000000001",
  name: "a-name-that-is-much-too-long-for-a-narrow-terminal",
  flowName: "count",
  state: { id: "s", name: "Running", type: "STATE_TYPE_RUNNING", timestamp: new Date(0) },
});

let plane: StandInControlPlane;
let deleted = 0;

beforeAll(async () => {
  plane = await StandInControlPlane.start({
    flowRuns: {
      listFlowRuns: (_, reply) => reply(null, { flowRuns: [RUN], nextPageToken: "" }),
      watchFlowRun: (call) => void call.write({ event: { $case: "flowRun", value: RUN } }),
    },
    workPools: {
      getWorkPool: (_, reply) => reply(null, { workPool: undefined }),
      deleteWorkPool: (_, reply) => {
        deleted += 1;
        reply(null, {});
      },
    },
  });
});

afterAll(async () => {
  await plane[Symbol.asyncDispose]();
});

/** The command line in a terminal of its own, pointed at the played control plane. */
const onTerminal = (words: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  new OnTerminal(words, { ...plane.environment, ...environment });

describe("on a terminal", () => {
  test("a table is coloured and every line fits", async () => {
    const sluice = onTerminal(["flow-run", "ls"]);
    expect(await sluice.exited).toBe(0);
    expect(sluice.text).toContain(`${ESCAPE}[34mRunning`);
    expect(sluice.text).toContain("…");
    for (const line of sluice.text.split("\r\n")) {
      expect(Bun.stringWidth(line)).toBeLessThanOrEqual(TERMINAL_COLUMNS);
    }
  });

  test("with NO_COLOR nothing is coloured", async () => {
    const sluice = onTerminal(["flow-run", "ls"], { NO_COLOR: "1" });
    expect(await sluice.exited).toBe(0);
    expect(sluice.text).toContain("Running");
    expect(sluice.text).not.toContain(ESCAPE);
  });

  test("Ctrl-C stops watching with 130 and says that the run is not stopped", async () => {
    const sluice = onTerminal(["flow-run", "watch", RUN.id]);
    await sluice.shows("⠙ Running");
    sluice.press("\u0003");
    expect(await sluice.exited).toBe(130);
    expect(sluice.text).toContain("the run is not stopped");
  });

  test.each([
    ["n\r", 1, 0],
    ["\r", 1, 0],
    ["y\r", 0, 1],
  ])("deleting asks first: %j ends with %i", async (answer, code, deletions) => {
    deleted = 0;
    const sluice = onTerminal(["work-pool", "delete", "x"]);
    await sluice.shows("[y/N]");
    sluice.press(answer);
    expect([await sluice.exited, deleted]).toEqual([code, deletions]);
  });

  test("Ctrl-C at the question ends with 130 and deletes nothing", async () => {
    deleted = 0;
    const sluice = onTerminal(["work-pool", "delete", "x"]);
    await sluice.shows("[y/N]");
    sluice.press("\u0003");
    expect([await sluice.exited, deleted]).toEqual([130, 0]);
  });
});

describe("in a pipe", () => {
  test("nothing is coloured, cut or asked", async () => {
    const child = Bun.spawn([process.execPath, MAIN, "flow-run", "ls"], {
      env: { ...plane.environment, TERM: "xterm-256color" },
      stdout: "pipe",
      stderr: "pipe",
    });
    const text = await new Response(child.stdout).text();
    expect(await child.exited).toBe(0);
    expect(text).not.toContain(ESCAPE);
    expect(text).toContain(RUN.name);
  });

  test("a reader that leaves early is no error", async () => {
    const child = Bun.spawn(
      [
        "bash",
        "-c",
        '"$0" "$1" completion bash | head -n 1; exit "${PIPESTATUS[0]}"',
        process.execPath,
        MAIN,
      ],
      { env: { ...plane.environment, PATH: "/usr/bin:/bin" }, stdout: "pipe", stderr: "pipe" },
    );
    const [out, err] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
    ]);
    expect({ code: await child.exited, out, err }).toMatchObject({ code: 0, err: "" });
    expect(out).toStartWith("# bash completion");
  });
});
