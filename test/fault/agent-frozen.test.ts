import { afterAll, expect } from "bun:test";
import { printSummary } from "#test/support/fault-summary.ts";
import { faultScenario } from "#test/support/scenario.ts";
import { isFlow } from "#test/support/stage.ts";

afterAll(printSummary);

faultScenario(
  "an agent frozen beyond the grace loses its run, and kills it when it is woken",
  async (scenario) => {
    await scenario.controlPlane();
    await scenario.prepare({ lostAfterSeconds: 3, concurrencyLimit: 1 });
    const frozen = await scenario.agent().start();
    const run = await scenario.run({ gate: scenario.gate("never") });
    await scenario.started(run);
    const [start] = scenario.ledger.starts(run);
    if (start === undefined) throw new Error("no start in the ledger");
    const next = await scenario.run();
    frozen.program.freeze();
    scenario.fault();
    await scenario.agent().start();
    const lost = await scenario.inState(run, "CRASHED");
    expect(lost.state?.message).not.toBe("");
    // The slot is free before the agent returns.
    await scenario.inState(next, "COMPLETED");
    expect(isFlow(start.pid, run)).toBe(true);
    frozen.program.thaw();
    await scenario.waitFor("the returned agent kills the process", () => !isFlow(start.pid, run));
    const after = await scenario.inState(run, "CRASHED");
    expect(after.state?.id).toBe(lost.state?.id ?? "");
  },
);

faultScenario("an agent frozen for less than the grace keeps its run", async (scenario) => {
  await scenario.controlPlane();
  await scenario.prepare({ lostAfterSeconds: 30 });
  const agent = await scenario.agent().start();
  const gate = scenario.gate("half-way");
  const run = await scenario.run({ gate });
  await scenario.started(run);
  agent.program.freeze();
  scenario.fault();
  gate.open();
  await scenario.waitFor("the agent is seen to be gone", async () => {
    const [row] = await scenario.client.listAgents("pool");
    return row?.status === "AGENT_STATUS_OFFLINE";
  });
  const running = await scenario.inState(run, "RUNNING");
  expect(running.unreachable).toBe(true);
  agent.program.thaw();
  await scenario.inState(run, "COMPLETED");
});
