import { afterAll } from "bun:test";
import { FaultyLink } from "#test/support/faulty-link.ts";
import { printSummary } from "#test/support/fault-summary.ts";
import { faultScenario, type Scenario } from "#test/support/scenario.ts";

afterAll(printSummary);

interface Linked {
  readonly link: FaultyLink;
  readonly run: string;
  readonly gate: { open(): void };
}

/** An agent behind a faulty link, and a run of it that waits at a gate. */
async function behindLink(scenario: Scenario): Promise<Linked> {
  const plane = await scenario.controlPlane();
  const link = await FaultyLink.open({ port: plane.grpcPort });
  scenario.use(link);
  await scenario.prepare({ lostAfterSeconds: 30 });
  await scenario.agent({ grpcPort: link.port }).start();
  const gate = scenario.gate("half-way");
  const run = await scenario.run({ gate });
  await scenario.started(run);
  return { link, run, gate };
}

faultScenario(
  "a run that ends while the network is cut is told truly when it is back",
  async (scenario) => {
    const { link, run, gate } = await behindLink(scenario);
    await link.cut();
    scenario.fault();
    gate.open();
    await scenario.waitFor("the flow has ended", () => scenario.ledger.ends(run).length === 1);
    await link.heal();
    await scenario.inState(run, "COMPLETED");
  },
);

for (const direction of ["both", "up", "down"] as const) {
  const where = direction === "both" ? "both ways" : `${direction}wards`;
  faultScenario(
    `a network that goes silent ${where} is noticed, and nothing is lost or doubled`,
    async (scenario) => {
      const { link, run, gate } = await behindLink(scenario);
      link.silence(direction);
      scenario.fault();
      gate.open();
      const waiting = await scenario.run();
      await scenario.waitFor("the flow has ended", () => scenario.ledger.ends(run).length === 1);
      await scenario.waitFor("the agent is seen to be gone", async () => {
        const [agent] = await scenario.client.listAgents("pool");
        return agent?.status === "AGENT_STATUS_OFFLINE";
      });
      await link.heal();
      await scenario.inState(run, "COMPLETED");
      await scenario.inState(waiting, "COMPLETED");
    },
  );
}

faultScenario(
  "messages that arrive all at once after a long hold are taken once",
  async (scenario) => {
    const { link, run, gate } = await behindLink(scenario);
    link.hold();
    scenario.fault();
    gate.open();
    const late = await scenario.run();
    await scenario.waitFor("the flow has ended", () => scenario.ledger.ends(run).length === 1);
    await scenario.waitFor("a report is kept back", () => link.withheldBytes > 0);
    await link.heal();
    for (const id of [run, late]) await scenario.inState(id, "COMPLETED");
  },
);

faultScenario("every message sent twice changes nothing", async (scenario) => {
  const twice = { SLUICE_FAILPOINTS: "duplicate-messages" };
  await scenario.controlPlane({ environment: twice });
  await scenario.prepare({ lostAfterSeconds: 20, concurrencyLimit: 4 });
  await scenario.agent({ environment: twice }).start();
  await scenario.agent({ environment: twice }).start();
  await Promise.all(Array.from({ length: 20 }, () => scenario.run()));
  await scenario.run({ failures: 1 });
});
