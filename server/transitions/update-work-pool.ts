import { workPoolNotFound } from "#server/domain/not-found.ts";
import { type StorageConfiguration, writeStorage } from "#server/domain/storage-configuration.ts";
import { requireAgeing, requireLimit } from "#server/domain/work-pool.ts";
import { tellsStatus, workPoolStatus } from "#server/domain/work-pool-status.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction, type Tx } from "#server/store/transaction.ts";
import { notifyOnCommit } from "#server/store/wake-ups.ts";
import {
  lockPoolForChange,
  type PoolForChange,
  updateWorkPoolRow,
} from "#server/store/work-pool-changes.ts";
import { isPoolServed, moveStatuses } from "#server/store/work-pool-statuses.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import { requireBlockDefaults } from "./block-values.ts";
import type { TransitionContext } from "./context.ts";
import { requireStorage } from "./require-storage.ts";
import { workPoolUpdated } from "./work-pool-events.ts";
import { parseBaseJobTemplate } from "./work-pool-template.ts";

/** What to change; undefined leaves a field as it is. */
export interface WorkPoolChange {
  /** Null removes the description. */
  readonly description?: string | null | undefined;
  readonly isPaused?: boolean | undefined;
  /** Null removes the limit. */
  readonly concurrencyLimit?: number | null | undefined;
  /** JSON text. */
  readonly baseJobTemplate?: string | undefined;
  /** Takes the place of all that was configured. */
  readonly storage?: StorageConfiguration | undefined;
  /** Seconds overdue that count as one priority; null: none do. */
  readonly ageingSeconds?: number | null | undefined;
}

/**
 * Changes a pool. What thereby may start does so at once. Throws not_found if there is none,
 * invalid_argument for a bad field.
 */
export async function updateWorkPool(
  ctx: TransitionContext,
  name: string,
  change: WorkPoolChange,
): Promise<void> {
  const { description, isPaused, concurrencyLimit, storage, ageingSeconds } = change;
  requireStorableText("name", name);
  requireStorableText("description", description ?? "");
  if (concurrencyLimit !== undefined) requireLimit("concurrency_limit", concurrencyLimit);
  if (ageingSeconds !== undefined) requireAgeing("ageing_seconds", ageingSeconds);
  if (storage !== undefined) requireStorage("storage_configuration", storage);
  const template =
    change.baseJobTemplate === undefined
      ? undefined
      : parseBaseJobTemplate("base_job_template_json", change.baseJobTemplate);
  const id = await inTransaction(ctx.pool, async (tx) => {
    const pool = await lockPoolForChange(tx, name);
    if (pool === undefined) throw workPoolNotFound(name);
    if (template !== undefined) {
      await requireBlockDefaults(ctx, tx, "base_job_template_json", template);
    }
    const updates = await updateWorkPoolRow(tx, pool.id, {
      description,
      isPaused,
      concurrencyLimit,
      baseJobTemplate: template,
      storageConfiguration: storage === undefined ? undefined : writeStorage(storage),
      ageingSeconds,
    });
    await insertEvents(tx, workPoolUpdated(pool, updates));
    if (isPaused !== undefined) await settlePause(ctx, tx, pool, isPaused);
    await notifyOnCommit(tx, ctx.wakeUps, "pool", [pool.id]);
    return pool.id;
  });
  ctx.wakeUps.emit("pool", id);
}

/** Setting or lifting a pause tells the status, also where it was so before. */
async function settlePause(
  ctx: TransitionContext,
  tx: Tx,
  pool: PoolForChange,
  isPaused: boolean,
): Promise<void> {
  if (!tellsStatus(pool.type)) return;
  const served = !isPaused && (await isPoolServed(tx, pool.id, ctx.numbers));
  const to = workPoolStatus(isPaused, served);
  await moveStatuses(tx, [{ workPoolId: pool.id, from: null, to }]);
}
