import { AppError } from "#shared/errors.ts";
import { type Clock, systemClock } from "#shared/clock.ts";
import type { Logger } from "#shared/logger.ts";
import { Agent } from "./agent.ts";
import { readBootId } from "./adopt.ts";
import { Departure, type AgentEnd } from "./departure.ts";
import type { Driver } from "./infrastructure/driver.ts";
import { inheritedEnvironment } from "./infrastructure/process/launch.ts";
import { ProcessDriver } from "./infrastructure/process/process-driver.ts";
import { LogShipper } from "./log-shipper/shipper.ts";
import { Reports } from "./reports.ts";
import { SelfCheck } from "./self-check.ts";
import type { ControlPlaneTarget } from "./session/connection.ts";
import { Outbox } from "./session/outbox.ts";
import { ServerClock } from "./session/server-clock.ts";
import { Session } from "./session/session.ts";
import { SilenceWatch } from "./silence-watch.ts";
import { openStateDirectory } from "./state-directory.ts";
import { type AgentStatus, readStatus } from "./status.ts";

/** How an agent is to work. */
export interface AgentOptions {
  readonly workPoolName: string;
  /** Undefined: by the host name. */
  readonly agentName: string | undefined;
  readonly workQueueNames: readonly string[];
  /** Undefined: the pool's, which must be the driver's. */
  readonly type: string | undefined;
  /** Null: no limit. */
  readonly limit: number | null;
  readonly prefetchSeconds: number;
  readonly createPool: boolean;
  /** Take what can start now, finish it, and end. */
  readonly runOnce: boolean;
  readonly agentsDirectory: string;
  /** Exactly this directory instead of one below `agentsDirectory`. */
  readonly stateDirectory: string | undefined;
  readonly hostname: string;
  readonly target: ControlPlaneTarget;
  /** Set for every job. */
  readonly jobSettings: Readonly<Record<string, string>>;
  /** The agent's own environment, from which jobs inherit what is no secret. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** Another infrastructure than processes of this host. */
  readonly driver?: Driver;
  /** Milliseconds between two looks whether this host can take work; 10 s if not given. */
  readonly selfCheckIntervalMs?: number;
}

/** An agent that was started. */
export interface RunningAgent {
  readonly name: string;
  /** Resolves at the first welcome; never, if there is none. */
  readonly connected: Promise<void>;
  /** Resolves when the agent has ended: drained, through with its one round, or refused. */
  readonly ended: Promise<AgentEnd>;
  /** Takes no more work, gives back what was not started, and ends when the rest is through. */
  drain(reason: string): void;
  /** Drains, and stops what runs: each run with its own grace, or with this one in milliseconds. */
  stopRuns(reason: string, graceMs?: number): void;
  /** What it does now. */
  status(): AgentStatus;
  /** Leaves at once: closes stream and journal and touches no process. The next start takes over. */
  close(): Promise<void>;
}

const SELF_CHECK_INTERVAL_MS = 10_000;
const GOODBYE_MS = 2000;

/**
 * Starts an agent: locks its state, takes over what an earlier process left, and connects. Throws an
 * AppError if the state directory is taken or cannot be used. What the control plane refuses comes
 * out of `ended`.
 */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const { logger, clock = systemClock, target, workPoolName } = options;
  const driver =
    options.driver ?? new ProcessDriver({ environment: options.environment, clock, logger });
  if (options.type !== undefined && options.type !== driver.type) {
    throw new AppError(
      "work_pool_type_mismatch",
      `--type: this agent cannot run '${options.type}'; it runs '${driver.type}'`,
    );
  }
  const inherited = inheritedEnvironment(options.environment);
  const state = openStateDirectory({ ...options, directory: options.stateDirectory });
  const { journal, agentName } = state;
  const outbox = new Outbox();
  const reports = new Reports(journal, outbox);
  const serverClock = new ServerClock(clock);
  const shipper = new LogShipper({ serverNow: () => serverClock.now(), clock, logger });
  const bootId = readBootId();
  const silence = new SilenceWatch({ path: state.heardPath, bootId, logger });
  const connected = Promise.withResolvers<void>();
  const selfCheck = new SelfCheck({
    directory: state.directory,
    intervalMs: options.selfCheckIntervalMs ?? SELF_CHECK_INTERVAL_MS,
    logger,
    onChange: () => agent.changed(),
  });
  const agent: Agent = new Agent({
    introduction: {
      name: agentName,
      workPoolName,
      // Always: the control plane then refuses another pool before it has this agent on record.
      type: driver.type,
      workQueueNames: [...options.workQueueNames],
      limit: options.limit ?? undefined,
      prefetchSeconds: options.prefetchSeconds,
      hostname: options.hostname,
      createPoolIfNotFound: options.createPool,
    },
    around: {
      journal,
      reports,
      outbox,
      shipper,
      driver,
      silence,
      job: {
        workPoolName,
        agentName,
        settings: options.jobSettings,
        environment: (name) => inherited[name],
      },
      runsDirectory: state.runsDirectory,
      bootId,
      clock,
      logger,
      onChange: () => agent.changed(),
      onJournalFailure: (error) =>
        selfCheck.fail(`the journal cannot be written: ${String(error)}`),
    },
    selfCheck,
    onConnected: () => {
      connected.resolve();
      departure.connected();
    },
    onRefused: (error) => departure.refused(error),
    onChange: () => departure.look(),
  });
  const departure: Departure = new Departure({ agent, reports, clock, runOnce: options.runOnce });
  const session = new Session({
    target,
    owner: agent,
    outbox,
    serverClock,
    silence,
    clock,
    logger,
  });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    departure.close();
    selfCheck.stop();
    silence.close();
    await session.stop(GOODBYE_MS);
    shipper.close();
    journal.close();
  };
  try {
    agent.resume();
    session.start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    name: agentName,
    connected: connected.promise,
    ended: departure.ended,
    drain: (reason) => departure.drain(reason),
    stopRuns: (reason, graceMs) => {
      departure.drain(reason);
      agent.stopAll(reason, graceMs);
    },
    status: () => readStatus({ session, agent, reports, shipper, selfCheck }),
    close: () => (closing ??= close()),
  };
}
