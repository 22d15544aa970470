import { type AgentOptions, type RunningAgent, startAgent } from "#agent/compose.ts";
import { silentLogger } from "#shared/logger.ts";
import { FakeControlPlane } from "./fake-control-plane.ts";
import { TemporaryDirectory } from "./temporary-directory.ts";

/** An agent of this process, its state, and the control plane it is connected to. */
export class AgentHarness implements AsyncDisposable {
  readonly controlPlane: FakeControlPlane;
  readonly home: TemporaryDirectory;
  readonly #agents: RunningAgent[] = [];

  private constructor(controlPlane: FakeControlPlane, home: TemporaryDirectory) {
    this.controlPlane = controlPlane;
    this.home = home;
  }

  /** A control plane and an empty home; `start` starts agents. */
  static async open(): Promise<AgentHarness> {
    return new AgentHarness(await FakeControlPlane.start(), new TemporaryDirectory("agent test"));
  }

  /** Starts an agent and waits until it is connected, unless told not to. */
  async start(over: Partial<AgentOptions> = {}, connected = true): Promise<RunningAgent> {
    const agent = await startAgent({
      workPoolName: "etl",
      agentName: "a1",
      workQueueNames: [],
      type: undefined,
      limit: 4,
      prefetchSeconds: 0,
      createPool: false,
      runOnce: false,
      agentsDirectory: this.home.path,
      stateDirectory: undefined,
      hostname: "host",
      target: {
        url: new URL(this.controlPlane.url),
        token: undefined,
        rootCertificates: undefined,
      },
      jobSettings: { SLUICE_API_URL: "http://127.0.0.1:4200" },
      environment: process.env,
      logger: silentLogger,
      ...over,
    });
    this.#agents.push(agent);
    if (connected) await agent.connected;
    return agent;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const agent of this.#agents) {
      agent.stopRuns("the test is over", 0);
      await agent.close();
    }
    await this.controlPlane[Symbol.asyncDispose]();
    this.home[Symbol.dispose]();
  }
}
