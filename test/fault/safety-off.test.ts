import { afterAll, expect } from "bun:test";
import { printSummary } from "#test/support/fault-summary.ts";
import { brokenScenario, faultScenario, type Scenario } from "#test/support/scenario.ts";

afterAll(printSummary);

/**
 * An agent dies when it was permitted to start, before it wrote that down, and stays away beyond
 * the grace. When it returns its run has ended without it.
 */
async function returnTooLate(scenario: Scenario, switches: string): Promise<string> {
  await scenario.controlPlane({ environment: { SLUICE_FAILPOINTS: switches } });
  await scenario.prepare({ lostAfterSeconds: 2 });
  const agent = scenario.agent();
  await agent.start({ SLUICE_FAILPOINTS: "agent.start-granted=kill" });
  const run = await scenario.run();
  await agent.program.exited;
  await scenario.inState(run, "CRASHED");
  await agent.start();
  return run;
}

faultScenario("with the fence, an agent that returns too late starts nothing", async (scenario) => {
  const run = await returnTooLate(scenario, "");
  const next = await scenario.run();
  await scenario.inState(next, "COMPLETED");
  expect(scenario.ledger.starts(run)).toHaveLength(0);
});

brokenScenario(
  "without the fence, an agent that returns too late starts a run that is over",
  ["completed-once"],
  async (scenario) => {
    const run = await returnTooLate(scenario, "no-fence");
    await scenario.waitFor("it starts", () => scenario.ledger.ends(run).length > 0);
  },
);

brokenScenario(
  "without the journal, a restarted agent does not know its run",
  ["started-once", "completed-once", "lines-once"],
  async (scenario) => {
    await scenario.controlPlane();
    await scenario.prepare({ lostAfterSeconds: 20 });
    const agent = scenario.agent({ environment: { SLUICE_FAILPOINTS: "no-journal" } });
    await agent.start();
    const gate = scenario.gate("half-way");
    const run = await scenario.run({ gate });
    await scenario.started(run);
    await agent.program.kill();
    await agent.start();
    await scenario.ended();
    gate.open();
    await scenario.waitFor("the flow has ended", () => scenario.ledger.ends(run).length > 0);
  },
);

brokenScenario(
  "without the reaper, a lost agent's run is RUNNING for ever",
  ["not-lost"],
  async (scenario) => {
    await scenario.controlPlane({ environment: { SLUICE_FAILPOINTS: "no-reaper" } });
    await scenario.prepare({ lostAfterSeconds: 2 });
    const agent = await scenario.agent().start();
    const lost = await scenario.run({ gate: scenario.gate("never") });
    await scenario.started(lost);
    await agent.program.kill();
    await scenario.agent().start();
    // The clock of this test: several times the grace, and three sweeps.
    const timed = await scenario.run({ seconds: 12 });
    await scenario.inState(timed, "COMPLETED");
  },
);
