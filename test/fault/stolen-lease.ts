import type { AgentProcess } from "#test/support/agent-process.ts";
import type { Scenario } from "#test/support/scenario.ts";

/** A run that two agents have been told to start. */
export interface StolenLease {
  readonly run: string;
  /** Lets the flow go on. */
  readonly gate: { open(): void };
  /** The agent that got the run first but heard of it last. */
  readonly lateAgent: AgentProcess;
}

/**
 * One replica claims a run for its agent and is frozen before it sends the lease. The other one
 * takes the lease back and gives the run to its own agent, which starts it. Then the first replica
 * is woken and sends what it had claimed.
 */
export async function stealLease(scenario: Scenario): Promise<StolenLease> {
  const database = await scenario.database();
  // Long beats: the streams of the frozen replica must outlive its sleep.
  const calm = { SLUICE_SERVER_HEARTBEAT_SECONDS: "8", SLUICE_SERVER_ACCEPT_TIMEOUT_SECONDS: "1" };
  const first = await scenario.controlPlane({
    databaseUrl: database.url,
    environment: { ...calm, SLUICE_FAILPOINTS: "server.claim-committed=stop" },
  });
  const second = await scenario.controlPlane({
    databaseUrl: database.url,
    environment: calm,
  });
  scenario.client = second.client;
  await scenario.prepare({ lostAfterSeconds: 60 });
  const lateAgent = await scenario.agent({ controlPlane: first }).start();
  const gate = scenario.gate("half-way");
  const run = await scenario.run({ gate });
  await scenario.waitFor("the first replica is frozen", () =>
    scenario.reached("server.claim-committed"),
  );
  scenario.fault();
  await scenario.agent({ controlPlane: second }).start();
  await scenario.started(run);
  first.program.thaw();
  return { run, gate, lateAgent };
}
