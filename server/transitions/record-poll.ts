import { inTransaction } from "#server/store/transaction.ts";
import { becomeReady, type PolledBy, stampPolls } from "#server/store/work-queue-statuses.ts";
import { messageOf } from "#shared/errors.ts";
import type { TransitionContext } from "./context.ts";

interface Recorder {
  readonly queues: Set<string>;
  readonly agents: Set<string>;
  running: boolean;
}

const recorders = new WeakMap<TransitionContext, Recorder>();

/**
 * These queues were asked for runs, and so were those that these agents serve over their streams.
 * Stored soon, together with what others say meanwhile; returns at once, so that neither a poll nor
 * a stream waits for it. One that is lost is made up for by the next.
 */
export function recordPoll(
  ctx: TransitionContext,
  workQueueIds: readonly string[],
  agentIds: Iterable<string> = [],
): void {
  const recorder = recorders.get(ctx) ?? { queues: new Set(), agents: new Set(), running: false };
  recorders.set(ctx, recorder);
  for (const id of workQueueIds) recorder.queues.add(id);
  for (const id of agentIds) recorder.agents.add(id);
  if (recorder.running || isEmpty(recorder)) return;
  recorder.running = true;
  setImmediate(() => void storeAll(ctx, recorder));
}

async function storeAll(ctx: TransitionContext, recorder: Recorder): Promise<void> {
  try {
    while (!isEmpty(recorder)) {
      const polled = { workQueueIds: [...recorder.queues], agentIds: [...recorder.agents] };
      recorder.queues.clear();
      recorder.agents.clear();
      await storePolls(ctx, polled);
    }
  } catch (error) {
    ctx.logger.debug("a poll was not stored", { error: messageOf(error) });
  } finally {
    recorder.running = false;
  }
}

/** Mostly one statement, as a queue that is READY stays so. May be repeated. */
async function storePolls(ctx: TransitionContext, polled: PolledBy): Promise<void> {
  const unready = await stampPolls(ctx.pool, polled);
  if (unready.length === 0) return;
  await inTransaction(ctx.pool, (tx) => becomeReady(tx, unready));
}

function isEmpty({ queues, agents }: Recorder): boolean {
  return queues.size === 0 && agents.size === 0;
}
