import { decideSlots } from "#server/domain/concurrency-slots.ts";
import { requireLimit } from "#server/domain/work-pool.ts";
import { emptyLimit, insertSlotLease, releaseHeldSlots } from "#server/store/concurrency-leases.ts";
import {
  countSlots,
  insertConcurrencyLimit,
  updateConcurrencyLimitRow,
} from "#server/store/concurrency-limit-changes.ts";
import { lockLimits } from "#server/store/concurrency-limit-locks.ts";
import { findConcurrencyLimit, listSlotHolders } from "#server/store/concurrency-limits.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction, type Tx } from "#server/store/transaction.ts";
import { newId } from "#shared/ids.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";
import { limitEvent } from "./create-concurrency-limit.ts";
import { type LimitName, lockActiveLimits, nameLimit, type SlotsAnswer } from "./take-slots.ts";

/** What stands before a tag in the name of its limit. */
export const TAG_PREFIX = "tag:";

/** Creates the limit of tasks with a tag, or changes the one that there is; answers its id. */
export async function setTagLimit(
  ctx: TransitionContext,
  tag: string,
  limit: number,
): Promise<string> {
  requireStorableText("tag", tag);
  requireLimit("concurrency_limit", limit);
  const name = `${TAG_PREFIX}${tag}`;
  const set = await inTransaction(ctx.pool, async (tx) => {
    const id = newId();
    const fresh = { slotsHeld: 0, deniedSlots: 0, slotDecayPerSecond: 0 };
    if (await insertConcurrencyLimit(tx, { id, name, limit, active: true, ...fresh })) {
      await insertEvents(tx, [limitEvent("created", id, { name, limit })]);
      return id;
    }
    const [known] = await lockLimits(tx, { names: [name] });
    // It was deleted since: now there is none.
    if (known === undefined) return undefined;
    await updateConcurrencyLimitRow(tx, known.id, { limit });
    await insertEvents(tx, [limitEvent("updated", known.id, { changed: ["limit"] })]);
    return known.id;
  });
  return set ?? setTagLimit(ctx, tag, limit);
}

/** Takes a slot of each tag's limit for a task run; one that has some already gets no more. */
export async function takeTagSlots(
  ctx: TransitionContext,
  tags: readonly string[],
  taskRunId: string,
): Promise<SlotsAnswer> {
  return inTransaction(ctx.pool, async (tx) => {
    const limits = await lockActiveLimits(tx, tags.map(limitName));
    const ids = limits.map(({ id }) => id);
    const holders = ids.length === 0 ? new Map() : await listSlotHolders(tx, ids);
    const missing = limits.filter(({ id }) => !holders.get(id)?.includes(taskRunId));
    const asked = { slots: 1, mode: "concurrency", random: Math.random() } as const;
    const decision = decideSlots(asked, missing);
    if (!decision.granted) {
      await countSlots(tx, decision.full, { denied: 1 });
      return { taken: false, retryAfterSeconds: decision.retryAfterSeconds };
    }
    for (const { id } of missing) await holdOne(tx, id, taskRunId);
    return { taken: true, leaseId: null, limits: limits.map(nameLimit) };
  });
}

/** Gives back what a task run holds of the limits of tags; answers these limits. */
export async function giveTagSlots(
  ctx: TransitionContext,
  tags: readonly string[],
  taskRunId: string,
): Promise<readonly LimitName[]> {
  return inTransaction(ctx.pool, async (tx) => {
    const limits = await lockActiveLimits(tx, tags.map(limitName));
    const ids = limits.map(({ id }) => id);
    if (ids.length > 0) await releaseHeldSlots(tx, ids, taskRunId);
    return limits.map(nameLimit);
  });
}

/** Makes a tag's limit free, but for slots of the task runs that are named. False: there is none. */
export async function resetTagLimit(
  ctx: TransitionContext,
  tag: string,
  taskRunIds: readonly string[],
): Promise<boolean> {
  return inTransaction(ctx.pool, async (tx) => {
    const id = await findConcurrencyLimit(tx, limitName(tag));
    if (id === undefined) return false;
    // It may have been deleted while its lock was waited for.
    if ((await lockLimits(tx, { ids: [id] })).length === 0) return false;
    await emptyLimit(tx, id);
    await updateConcurrencyLimitRow(tx, id, { slotsHeld: 0 });
    for (const taskRunId of new Set(taskRunIds)) await holdOne(tx, id, taskRunId);
    return true;
  });
}

function holdOne(tx: Tx, limitId: string, taskRunId: string): Promise<void> {
  const holder = { type: "task_run", id: taskRunId } as const;
  return insertSlotLease(tx, { id: newId(), holder, seconds: null, limitIds: [limitId], slots: 1 });
}

function limitName(tag: string): string {
  return `${TAG_PREFIX}${tag}`;
}
