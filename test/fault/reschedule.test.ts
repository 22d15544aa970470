import { afterAll, expect } from "bun:test";
import { readFileSync } from "node:fs";
import { FaultyLink } from "#test/support/faulty-link.ts";
import { printSummary } from "#test/support/fault-summary.ts";
import { faultScenario, type Scenario } from "#test/support/scenario.ts";
import { isFlow } from "#test/support/stage.ts";

afterAll(printSummary);

/** The least that heartbeats every second allow. */
const LOST_AFTER_SECONDS = 9;

/**
 * A run under `reschedule` on an agent behind a link. All the time that it waits at its gate it
 * writes its epoch into a file, deaf to TERM, and so shows when it lived.
 */
async function pulsingBehindLink(scenario: Scenario) {
  const plane = await scenario.controlPlane();
  const link = await FaultyLink.open({ port: plane.grpcPort });
  scenario.use(link);
  await scenario.prepare({
    lostAfterSeconds: LOST_AFTER_SECONDS,
    lostPolicy: "LOST_POLICY_RESCHEDULE",
  });
  const agent = await scenario.agent({ grpcPort: link.port }).start();
  const gate = scenario.gate("half-way");
  const pulse = scenario.path("pulse");
  const beat = `trap "" TERM; while [ ! -e ${gate.path} ]; do echo $SLUICE_EPOCH >> ${pulse}; sleep 0.02; done`;
  const jobVariables = {
    command: `sh -c '${beat}' & sh ${scenario.ledger.flowPath}`,
    env: { FLOW_GATE: gate.path, FLOW_LEDGER: scenario.ledger.path, FLOW_LINES: "6" },
  };
  const run = await scenario.run({}, { jobVariablesJson: JSON.stringify(jobVariables) });
  await scenario.started(run);
  const [start] = scenario.ledger.starts(run);
  if (start === undefined) throw new Error("no start in the ledger");
  const pulses = (): string[] => readFileSync(pulse, "latin1").trim().split("\n");
  return { agent, link, gate, run, pid: start.pid, pulses };
}

faultScenario(
  "a run of an agent that is cut off starts elsewhere, and only after its tree is gone",
  async (scenario) => {
    const { link, gate, run, pid, pulses } = await pulsingBehindLink(scenario);
    await scenario.agent().start();
    link.silence();
    scenario.fault();
    await scenario.waitFor("the next attempt lives", () => pulses().includes("2"));
    expect(isFlow(pid, run)).toBe(false);
    await scenario.waitFor("it has lived for a while", () => pulses().slice(-20)[0] === "2");
    const lived = pulses();
    expect(lived.lastIndexOf("1")).toBeLessThan(lived.indexOf("2"));
    await link.heal();
    gate.open();
    const done = await scenario.inState(run, "COMPLETED");
    expect(done.runCount).toBe(2);
    expect(scenario.ledger.starts(run)).toHaveLength(2);
  },
);

faultScenario(
  "an agent that was cut off for long enough to end its run hands it back itself",
  async (scenario) => {
    const { link, gate, run, pid, pulses } = await pulsingBehindLink(scenario);
    link.silence();
    scenario.fault();
    await scenario.waitFor("the tree is gone", () => !isFlow(pid, run));
    await link.heal();
    await scenario.waitFor("the next attempt lives", () => pulses().includes("2"));
    const lived = pulses();
    expect(lived.lastIndexOf("1")).toBeLessThan(lived.indexOf("2"));
    gate.open();
    await scenario.inState(run, "COMPLETED");
  },
);

faultScenario(
  "an agent that was frozen cannot keep its run from starting elsewhere, and ends its own when it is woken",
  async (scenario) => {
    const { agent, gate, run, pid, pulses } = await pulsingBehindLink(scenario);
    await scenario.agent().start();
    agent.program.freeze();
    scenario.fault();
    await scenario.waitFor("the next attempt lives", () => pulses().includes("2"));
    // The price: nobody could kill it.
    expect(isFlow(pid, run)).toBe(true);
    agent.program.thaw();
    await scenario.waitFor("the woken agent kills the process", () => !isFlow(pid, run));
    await scenario.waitFor("only the next attempt lives", () =>
      pulses()
        .slice(-20)
        .every((epoch) => epoch === "2"),
    );
    gate.open();
    await scenario.inState(run, "COMPLETED");
    expect(scenario.ledger.starts(run)).toHaveLength(2);
  },
);
