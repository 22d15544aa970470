import { join } from "node:path";
import { type RunningAgent, startAgent } from "#agent/compose.ts";
import type { Driver } from "#agent/infrastructure/driver.ts";
import { silentLogger } from "#shared/logger.ts";
import type { ControlPlane } from "#test/support/control-plane.ts";

/** An agent within this process, on a state directory of its own, connected. */
export async function benchAgent(
  plane: ControlPlane,
  directory: string,
  driver: Driver,
): Promise<RunningAgent> {
  const agent = await startAgent({
    workPoolName: "pool",
    agentName: undefined,
    workQueueNames: [],
    type: undefined,
    limit: null,
    prefetchSeconds: 0,
    createPool: false,
    runOnce: false,
    agentsDirectory: join(directory, "agents"),
    stateDirectory: directory,
    hostname: "bench",
    target: { url: new URL(plane.grpcUrl), token: undefined, rootCertificates: undefined },
    jobSettings: {},
    environment: {},
    logger: silentLogger,
    driver,
  });
  await agent.connected;
  return agent;
}
