import { afterAll, expect } from "bun:test";
import { printSummary } from "#test/support/fault-summary.ts";
import { faultScenario } from "#test/support/scenario.ts";

afterAll(printSummary);

for (const point of ["agent.lease-received", "agent.accepted", "agent.start-granted"]) {
  faultScenario(`a run whose agent is killed at ${point} is still run, once`, async (scenario) => {
    await scenario.controlPlane();
    await scenario.prepare({ lostAfterSeconds: 20 });
    const agent = scenario.agent();
    await agent.start({ SLUICE_FAILPOINTS: `${point}=kill` });
    const run = await scenario.run();
    await agent.program.exited;
    scenario.fault();
    await agent.start();
    await scenario.inState(run, "COMPLETED");
    expect(scenario.ledger.starts(run)).toHaveLength(1);
  });
}

faultScenario(
  "a run whose agent is killed between journalling the start and starting is never started, and says so",
  async (scenario) => {
    await scenario.controlPlane();
    await scenario.prepare({ lostAfterSeconds: 20 });
    const agent = scenario.agent();
    await agent.start({ SLUICE_FAILPOINTS: "agent.starting-journalled=kill" });
    const run = await scenario.run();
    await agent.program.exited;
    scenario.fault();
    await agent.start();
    const ended = await scenario.inState(run, "CRASHED");
    expect(ended.state?.message).not.toBe("");
    expect(scenario.ledger.starts(run)).toHaveLength(0);
  },
);

for (const point of ["agent.process-started", "agent.exit-journalled"]) {
  faultScenario(
    `a run whose agent is killed at ${point} is adopted and completes`,
    async (scenario) => {
      await scenario.controlPlane();
      await scenario.prepare({ lostAfterSeconds: 20 });
      const agent = scenario.agent();
      await agent.start({ SLUICE_FAILPOINTS: `${point}=kill` });
      const run = await scenario.run({ seconds: 0.3 });
      await agent.program.exited;
      scenario.fault();
      await scenario.started(run);
      await agent.start();
      await scenario.inState(run, "COMPLETED");
      expect(scenario.ledger.starts(run)).toHaveLength(1);
    },
  );
}

faultScenario(
  "a run whose agent is killed and back before the process has begun starts once, or never and says so",
  async (scenario) => {
    await scenario.controlPlane();
    await scenario.prepare({ lostAfterSeconds: 20 });
    const agent = scenario.agent();
    await agent.start({ SLUICE_FAILPOINTS: "agent.process-started=kill" });
    const run = await scenario.run();
    await agent.program.exited;
    scenario.fault();
    await agent.start();
    const ended = await scenario.inState(run, "COMPLETED", "CRASHED");
    const starts = ended.state?.type === "STATE_TYPE_COMPLETED" ? 1 : 0;
    expect(scenario.ledger.starts(run)).toHaveLength(starts);
    expect(ended.state?.message === "").toBe(starts === 1);
  },
);

faultScenario(
  "a run whose agent is killed while it runs is adopted and completes",
  async (scenario) => {
    await scenario.controlPlane();
    await scenario.prepare({ lostAfterSeconds: 20 });
    const agent = await scenario.agent().start();
    const gate = scenario.gate("half-way");
    const run = await scenario.run({ gate });
    await scenario.started(run);
    await agent.program.kill();
    scenario.fault();
    await agent.start();
    gate.open();
    await scenario.inState(run, "COMPLETED");
    expect(scenario.ledger.starts(run)).toHaveLength(1);
  },
);

faultScenario(
  "a run that ends while its agent is dead is reported with all its lines",
  async (scenario) => {
    await scenario.controlPlane();
    await scenario.prepare({ lostAfterSeconds: 20 });
    const agent = await scenario.agent().start();
    const gate = scenario.gate("half-way");
    const run = await scenario.run({ gate });
    await scenario.started(run);
    await agent.program.kill();
    scenario.fault();
    gate.open();
    await scenario.waitFor("the flow has ended", () => scenario.ledger.ends(run).length === 1);
    await agent.start();
    await scenario.inState(run, "COMPLETED");
  },
);

faultScenario(
  "an agent that never comes back loses its run to the grace, not its slot",
  async (scenario) => {
    await scenario.controlPlane();
    await scenario.prepare({ lostAfterSeconds: 3, concurrencyLimit: 1 });
    const agent = await scenario.agent().start();
    const run = await scenario.run({ gate: scenario.gate("never") });
    await scenario.started(run);
    const next = await scenario.run();
    await agent.program.kill();
    scenario.fault();
    await scenario.agent().start();
    const lost = await scenario.inState(run, "CRASHED");
    expect(lost.state?.message).not.toBe("");
    await scenario.inState(next, "COMPLETED");
  },
);
