import { recordPolled } from "#server/store/polls.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { messageOf } from "#shared/errors.ts";
import type { TransitionContext } from "./context.ts";

interface Recorder {
  readonly due: Set<string>;
  running: boolean;
}

const recorders = new WeakMap<TransitionContext, Recorder>();

/**
 * These queues were polled: stored soon, together with what other polls say meanwhile. Returns at
 * once, so that no poll waits for it. One that is lost is made up for by the next poll.
 */
export function recordPoll(ctx: TransitionContext, workQueueIds: readonly string[]): void {
  const recorder = recorders.get(ctx) ?? { due: new Set<string>(), running: false };
  recorders.set(ctx, recorder);
  for (const id of workQueueIds) recorder.due.add(id);
  if (recorder.running) return;
  recorder.running = true;
  setImmediate(() => void run(ctx, recorder));
}

async function run(ctx: TransitionContext, recorder: Recorder): Promise<void> {
  try {
    while (recorder.due.size > 0) {
      const ids = [...recorder.due];
      recorder.due.clear();
      await inTransaction(ctx.pool, (tx) => recordPolled(tx, ids));
    }
  } catch (error) {
    ctx.logger.debug("a poll was not recorded", { error: messageOf(error) });
  } finally {
    recorder.running = false;
  }
}
