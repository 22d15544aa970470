import { afterAll, expect } from "bun:test";
import { FaultyLink } from "#test/support/faulty-link.ts";
import { printSummary } from "#test/support/fault-summary.ts";
import { faultScenario, type Scenario } from "#test/support/scenario.ts";

afterAll(printSummary);

faultScenario("PostgreSQL restarted while a run runs costs nothing but time", async (scenario) => {
  const database = await scenario.database();
  await scenario.controlPlane({ databaseUrl: database.url });
  await scenario.prepare({ lostAfterSeconds: 10 });
  await scenario.agent().start();
  const gate = scenario.gate("half-way");
  const run = await scenario.run({ gate });
  await scenario.started(run);
  await database.stop();
  scenario.fault();
  await database.start();
  gate.open();
  await scenario.inState(run, "COMPLETED");
  const next = await scenario.run();
  await scenario.inState(next, "COMPLETED");
});

faultScenario("PostgreSQL away for longer than the grace crashes nothing", async (scenario) => {
  const database = await scenario.database();
  await scenario.controlPlane({ databaseUrl: database.url });
  await scenario.prepare({ lostAfterSeconds: 3 });
  await scenario.agent().start();
  const gate = scenario.gate("half-way");
  const long = await scenario.run({ gate });
  // The flow is the clock: it ends eight seconds later, while the database is away.
  const timed = await scenario.run({ seconds: 8 });
  for (const run of [long, timed]) await scenario.started(run);
  await database.stop();
  await scenario.waitFor(
    "eight seconds have passed",
    () => scenario.ledger.ends(timed).length === 1,
  );
  scenario.fault();
  await database.start();
  gate.open();
  for (const run of [long, timed]) await scenario.inState(run, "COMPLETED");
});

/** A control plane whose way to its database is a faulty link, and a run that waits at a gate. */
async function overLink(scenario: Scenario): Promise<{
  link: FaultyLink;
  run: string;
  gate: { open(): void };
}> {
  const database = await scenario.database();
  const link = await FaultyLink.open({ path: database.socketPath });
  scenario.use(link);
  const url = new URL(database.url);
  url.searchParams.delete("host");
  url.searchParams.delete("port");
  url.host = "127.0.0.1";
  url.port = String(link.port);
  await scenario.controlPlane({ databaseUrl: url.href });
  await scenario.prepare({ lostAfterSeconds: 10 });
  await scenario.agent().start();
  const gate = scenario.gate("half-way");
  const run = await scenario.run({ gate });
  await scenario.started(run);
  return { link, run, gate };
}

faultScenario("the way to PostgreSQL cut in mid-run is found again", async (scenario) => {
  const { link, run, gate } = await overLink(scenario);
  await link.cut();
  scenario.fault();
  gate.open();
  await scenario.waitFor("the flow has ended", () => scenario.ledger.ends(run).length === 1);
  await link.heal();
  await scenario.inState(run, "COMPLETED");
});

faultScenario(
  "the way to PostgreSQL gone silent in mid-run is given up and opened anew",
  async (scenario) => {
    const { link, run, gate } = await overLink(scenario);
    link.silence();
    scenario.fault();
    const before = link.withheldBytes;
    gate.open();
    await scenario.waitFor("the flow has ended", () => scenario.ledger.ends(run).length === 1);
    await scenario.waitFor("a statement is swallowed", () => link.withheldBytes > before);
    await link.heal();
    await scenario.inState(run, "COMPLETED");
    const next = await scenario.run();
    await scenario.inState(next, "COMPLETED");
    expect(scenario.ledger.starts(next)).toHaveLength(1);
  },
);
