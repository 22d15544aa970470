import { brokenScenario } from "#test/support/scenario.ts";
import { stealLease } from "./stolen-lease.ts";

brokenScenario(
  "without the fence, a lease sent late starts a second time",
  ["started-once"],
  async (scenario) => {
    const { run, gate } = await stealLease(scenario, "no-fence");
    await scenario.waitFor("both agents start it", () => scenario.ledger.starts(run).length === 2);
    gate.open();
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
