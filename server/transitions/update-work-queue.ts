import { requireLimit } from "#server/domain/work-pool.ts";
import { queueStatusEvent, statusAfterPause } from "#server/domain/work-queue-status.ts";
import { queueUpdates, requirePriority } from "#server/domain/work-queue.ts";
import { insertEvents } from "#server/store/events.ts";
import { updateWorkQueueRow } from "#server/store/work-queue-changes.ts";
import { workQueueEvent, workQueueUpdated } from "#server/store/work-queue-events.ts";
import { lockQueues, type WorkQueueKey } from "#server/store/work-queues.ts";
import { requireName } from "#shared/names.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import { changeWorkQueue } from "./change-work-queue.ts";
import type { TransitionContext } from "./context.ts";
import { placeQueues } from "./place-queues.ts";
import { queueNameTaken } from "./queue-refusals.ts";

/** What to change; undefined leaves a field as it is. */
export interface WorkQueueChange {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly isPaused?: boolean | undefined;
  /** Null removes the limit. */
  readonly concurrencyLimit?: number | null | undefined;
  /** Whoever has it moves down. */
  readonly priority?: number | undefined;
  /** Millis; null: never. */
  readonly lastPolledAt?: number | null | undefined;
}

/**
 * Changes a queue; what thereby may start does so at once. Throws not_found if there is none,
 * already_exists for a name that is taken, invalid_argument for a bad field.
 */
export async function updateWorkQueue(
  ctx: TransitionContext,
  key: WorkQueueKey,
  change: WorkQueueChange,
): Promise<void> {
  const { name, description, isPaused, concurrencyLimit, priority, lastPolledAt } = change;
  if (name !== undefined) {
    requireName("name", name);
    requireStorableText("name", name);
  }
  requireStorableText("description", description ?? "");
  if (concurrencyLimit !== undefined) requireLimit("concurrency_limit", concurrencyLimit);
  if (priority !== undefined) requirePriority("priority", priority);
  await changeWorkQueue(ctx, key, lockQueues, async (tx, queue, pool) => {
    const { id, now } = queue;
    const polls = { lastPolledAt: lastPolledAt === undefined ? queue.lastPolledAt : lastPolledAt };
    const status =
      isPaused === undefined
        ? queue.status
        : statusAfterPause(queue.status, isPaused, { ...polls, now });
    const after = {
      id,
      name: name ?? queue.name,
      description: description ?? queue.description,
      priority: priority ?? queue.priority,
      concurrencyLimit: concurrencyLimit === undefined ? queue.concurrencyLimit : concurrencyLimit,
      isPaused: isPaused ?? queue.isPaused,
      status,
      ...polls,
    };
    if (after.priority !== queue.priority) {
      await placeQueues(tx, pool, [{ id, priority: after.priority }], id);
    }
    if (!(await updateWorkQueueRow(tx, after))) throw queueNameTaken(pool.name, after.name);
    await insertEvents(tx, [
      ...workQueueUpdated(after, pool, queueUpdates(queue, after)),
      ...(status === queue.status ? [] : [workQueueEvent(queueStatusEvent(status), after, pool)]),
    ]);
  });
}
