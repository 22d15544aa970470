import { afterAll, expect } from "bun:test";
import { printSummary } from "#test/support/fault-summary.ts";
import { faultScenario } from "#test/support/scenario.ts";

afterAll(printSummary);

const POINTS = [
  "server.claim-committed",
  "server.accept-committed",
  "server.start-committed",
  "server.start-sent",
  "server.report-received",
  "server.report-committed",
];

for (const point of POINTS) {
  faultScenario(
    `a control plane killed at ${point} and started again runs it once`,
    async (scenario) => {
      const plane = await scenario.controlPlane({
        environment: { SLUICE_FAILPOINTS: `${point}=kill` },
      });
      await scenario.prepare({ lostAfterSeconds: 20 });
      await scenario.agent().start();
      // Only a run that is not yet due is accepted and asked for in two steps.
      const scheduledTime = new Date(Date.now() + 1_500);
      const creating = scenario.run({}, { scheduledTime });
      await plane.program.exited;
      scenario.fault();
      await plane.start({ SLUICE_FAILPOINTS: "" });
      const run = await creating;
      await scenario.inState(run, "COMPLETED");
      expect(scenario.ledger.starts(run)).toHaveLength(1);
    },
  );
}

faultScenario(
  "runs that start and end while the control plane is dead are told truly afterwards",
  async (scenario) => {
    const plane = await scenario.controlPlane();
    await scenario.prepare({ lostAfterSeconds: 20 });
    await scenario.agent().start();
    const gate = scenario.gate("half-way");
    const runs = await Promise.all([1, 2, 3].map(() => scenario.run({ gate })));
    for (const run of runs) await scenario.started(run);
    await plane.program.kill();
    scenario.fault();
    gate.open();
    await scenario.waitFor("the flows have ended", () =>
      runs.every((run) => scenario.ledger.ends(run).length === 1),
    );
    await plane.start();
    for (const run of runs) await scenario.inState(run, "COMPLETED");
  },
);
