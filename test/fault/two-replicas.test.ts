import { afterAll, expect } from "bun:test";
import { FaultyLink } from "#test/support/faulty-link.ts";
import { printSummary } from "#test/support/fault-summary.ts";
import { faultScenario } from "#test/support/scenario.ts";
import { stealLease } from "./stolen-lease.ts";

afterAll(printSummary);

for (const fault of ["killed", "frozen"] as const) {
  faultScenario(
    `a replica ${fault} between claim and sending leaves the run to the other one`,
    async (scenario) => {
      const database = await scenario.database();
      const first = await scenario.controlPlane({
        databaseUrl: database.url,
        environment: {
          SLUICE_FAILPOINTS: `server.claim-committed=${fault === "killed" ? "kill" : "stop"}`,
        },
      });
      const second = await scenario.controlPlane({ databaseUrl: database.url });
      await scenario.prepare({ lostAfterSeconds: 30 });
      const link = await FaultyLink.open({ port: first.grpcPort });
      scenario.use(link);
      await scenario.agent({ controlPlane: first, grpcPort: link.port }).start();
      const { id } = await second.client.createFlowRun({ deployment: "sample/flow" });
      scenario.created.push(id);
      scenario.client = second.client;
      await scenario.waitFor("the first replica stops", () =>
        scenario.reached("server.claim-committed"),
      );
      scenario.fault();
      link.retarget({ port: second.grpcPort });
      await scenario.inState(id, "COMPLETED");
      first.program.thaw();
      expect(scenario.ledger.starts(id)).toHaveLength(1);
    },
  );
}

faultScenario(
  "a lease that a woken replica sends late is refused, since another agent has the run",
  async (scenario) => {
    const { run, gate, lateAgent } = await stealLease(scenario);
    await lateAgent.program.line(/dropped the lease/, 10_000);
    gate.open();
    await scenario.inState(run, "COMPLETED");
    expect(scenario.ledger.starts(run)).toHaveLength(1);
  },
);

faultScenario(
  "with notifications off, runs created at one replica reach agents of the other",
  async (scenario) => {
    const database = await scenario.database();
    const environment = { SLUICE_FAILPOINTS: "no-notify", SLUICE_SERVER_POLL_SECONDS: "1" };
    const first = await scenario.controlPlane({ databaseUrl: database.url, environment });
    const second = await scenario.controlPlane({ databaseUrl: database.url, environment });
    await scenario.prepare({ lostAfterSeconds: 20 });
    await scenario.agent({ controlPlane: second }).start();
    scenario.client = first.client;
    for (let i = 0; i < 5; i += 1) await scenario.run();
  },
);
