import {
  type AgentRegistration,
  forgetNamesakes,
  lockPoolForAgent,
  openSession,
  type PoolForAgent,
} from "#server/store/agent-sessions.ts";
import {
  leaseKeyText,
  type LeaseKey,
  leasesHeldBy,
  stopsForAgents,
  type StopNeeded,
} from "#server/store/leases.ts";
import { inTransaction, type Tx } from "#server/store/transaction.ts";
import { ensureWorkQueue } from "#server/store/work-queues.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import { switchedOn } from "#shared/failpoints.ts";
import { isUuid } from "#shared/ids.ts";
import { requireName } from "#shared/names.ts";
import type { TransitionContext } from "./context.ts";
import { ensureWorkPool } from "./ensure-work-pool.ts";
import { markServed } from "./mark-served.ts";
import { reconcileHeld } from "./reconcile-held.ts";
import { recordPoll } from "./record-poll.ts";
import { noWakes, wake, type Wakes } from "./write-attempts.ts";

/** How far the agent's journal says an attempt is. */
export type AttemptPhase = "accepted" | "starting" | "running" | "ended";

/** An attempt the agent says it holds. */
export interface HeldAttempt extends LeaseKey {
  readonly phase: AttemptPhase;
}

/** Who connects, and what it holds. */
export interface AgentHelloInput {
  readonly agentId: string;
  readonly session: number;
  readonly name: string;
  readonly workPoolName: string;
  /** Empty: whatever the pool is. */
  readonly type: string;
  readonly workQueueNames: readonly string[];
  readonly limit: number | null;
  readonly prefetchSeconds: number;
  readonly version: string;
  readonly hostname: string;
  readonly held: readonly HeldAttempt[];
  readonly createPoolIfNotFound: boolean;
}

/** A session as opened. */
export interface OpenedSession {
  readonly workPoolId: string;
  readonly workPoolType: string;
  readonly workPoolPaused: boolean;
  readonly agentName: string;
  /** What the agent holds but may not: it must kill these. */
  readonly fenced: readonly LeaseKey[];
  readonly stops: readonly StopNeeded[];
  readonly serverNow: number;
}

/**
 * An agent says hello: its older sessions are fenced off, and what it holds is brought to agree
 * with what it was given. Leases it never got go back to the queue.
 */
export async function openAgentSession(
  ctx: TransitionContext,
  hello: AgentHelloInput,
): Promise<OpenedSession> {
  validateHello(hello);
  const wakes = noWakes();
  const opened = await inTransaction(ctx.pool, async (tx) => {
    const pool = await lockPoolForAgent(tx, hello.workPoolName);
    return pool === undefined ? undefined : open(ctx, tx, hello, pool, wakes);
  });
  if (opened !== undefined) {
    wake(ctx, wakes);
    recordPoll(ctx, [], [hello.agentId]);
    return opened;
  }
  if (!hello.createPoolIfNotFound) throw poolNotFound(hello.workPoolName);
  // Another agent of the same fleet may be first: the pool is there, which is all that is wanted.
  await ensureWorkPool(ctx, {
    name: hello.workPoolName,
    type: hello.type === "" ? "process" : hello.type,
    description: "",
    isPaused: false,
    concurrencyLimit: null,
  });
  return openAgentSession(ctx, { ...hello, createPoolIfNotFound: false });
}

async function open(
  ctx: TransitionContext,
  tx: Tx,
  hello: AgentHelloInput,
  pool: PoolForAgent,
  wakes: Wakes,
): Promise<OpenedSession> {
  if (hello.type !== "" && hello.type !== pool.type) {
    throw new AppError(
      "work_pool_type_mismatch",
      `Work pool '${hello.workPoolName}' is of type '${pool.type}', and this agent runs ` +
        `'${hello.type}'; choose another pool.`,
      { metadata: { work_pool: hello.workPoolName, type: pool.type } },
    );
  }
  const agent = await registration(ctx, tx, hello, pool);
  // Before agent and runs are locked: who changes a pool waits for none of these.
  if (pool.status === "NOT_READY") await markServed(tx, pool);
  if (!(await openSession(tx, agent))) {
    throw new AppError(
      "stale_session",
      `Agent '${hello.name}' has a newer session than ${hello.session}; this one is over.`,
      { metadata: { agent_id: hello.agentId } },
    );
  }
  await forgetNamesakes(tx, agent);
  const given = await leasesHeldBy(tx, hello.agentId);
  const kept = await reconcileHeld(ctx, tx, given, hello.held, wakes);
  wakes.pools.add(pool.id);
  return {
    workPoolId: pool.id,
    workPoolType: pool.type,
    workPoolPaused: pool.isPaused,
    agentName: hello.name,
    fenced: switchedOn("no-fence")
      ? []
      : hello.held.filter((held) => !kept.has(leaseKeyText(held))),
    stops: await stopsForAgents(tx, [hello.agentId]),
    serverNow: pool.now,
  };
}

async function registration(
  ctx: TransitionContext,
  tx: Tx,
  hello: AgentHelloInput,
  pool: PoolForAgent,
): Promise<AgentRegistration> {
  const queueIds: string[] = [];
  for (const name of hello.workQueueNames) queueIds.push(await ensureWorkQueue(tx, pool.id, name));
  return {
    agentId: hello.agentId,
    session: hello.session,
    workPoolId: pool.id,
    name: hello.name,
    type: pool.type,
    limit: hello.limit,
    workQueueIds: queueIds.length === 0 ? null : queueIds,
    prefetchSeconds: hello.prefetchSeconds,
    heartbeatSeconds: ctx.numbers.heartbeatSeconds,
    version: hello.version,
    hostname: hello.hostname,
  };
}

function validateHello(hello: AgentHelloInput): void {
  if (!isUuid(hello.agentId)) {
    throw invalidField("hello.agent_id", `'${hello.agentId}' is not a UUID`);
  }
  requireName("hello.name", hello.name);
  requireName("hello.work_pool_name", hello.workPoolName);
  for (const name of hello.workQueueNames) requireName("hello.work_queue_names", name);
  if (!(hello.session >= 1)) {
    throw invalidField("hello.session", `${hello.session} is not a session; the first is 1`);
  }
  if (hello.limit !== null && !(hello.limit >= 0)) {
    throw invalidField("hello.limit", `${hello.limit} is below 0; leave it out for no limit`);
  }
  if (!(hello.prefetchSeconds >= 0 && hello.prefetchSeconds <= 86_400)) {
    throw invalidField(
      "hello.prefetch_seconds",
      `${hello.prefetchSeconds} is out of range; it must be from 0 to 86400`,
    );
  }
  for (const held of hello.held) {
    if (!isUuid(held.flowRunId)) {
      throw invalidField("hello.held", `'${held.flowRunId}' is not a flow run id`);
    }
  }
}

function poolNotFound(name: string): AppError {
  return new AppError(
    "not_found",
    `There is no work pool named '${name}'. Create it with: sluice work-pool create ${name} --type process`,
    { metadata: { work_pool: name } },
  );
}
