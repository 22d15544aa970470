import { workPoolNotFound } from "#server/domain/not-found.ts";
import { requireLimit } from "#server/domain/work-pool.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction, type Tx } from "#server/store/transaction.ts";
import { notifyOnCommit } from "#server/store/wake-ups.ts";
import { updateWorkPoolRow } from "#server/store/work-pool-changes.ts";
import { getWorkPool } from "#server/store/work-pools.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";
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
  requireStorableText("name", name);
  requireStorableText("description", change.description ?? "");
  if (change.concurrencyLimit !== undefined) {
    requireLimit("concurrency_limit", change.concurrencyLimit);
  }
  const template =
    change.baseJobTemplate === undefined
      ? undefined
      : parseBaseJobTemplate("base_job_template_json", change.baseJobTemplate);
  const id = await inTransaction(ctx.pool, async (tx) => {
    const updated = await updateWorkPoolRow(tx, name, {
      description: change.description,
      isPaused: change.isPaused,
      concurrencyLimit: change.concurrencyLimit,
      baseJobTemplate: template,
    });
    if (updated === undefined) throw workPoolNotFound(name);
    const resource = { resourceKind: "work-pool", resourceId: updated.id };
    const fields = [
      ...(updated.descriptionChanged ? ["description"] : []),
      ...(updated.limitChanged ? ["concurrency_limit"] : []),
      ...(updated.templateChanged ? ["base_job_template"] : []),
    ];
    await insertEvents(tx, [
      ...(fields.length === 0
        ? []
        : [
            {
              event: "prefect.work-pool.updated",
              ...resource,
              payload: { updated_fields: fields },
            },
          ]),
      // Setting or lifting a pause tells the status, also where it was so before.
      ...(change.isPaused === undefined
        ? []
        : [{ event: await statusEvent(ctx, tx, name), ...resource, payload: { name } }]),
    ]);
    await notifyOnCommit(tx, ctx.wakeUps, "pool", [updated.id]);
    return updated.id;
  });
  ctx.wakeUps.emit("pool", id);
}

async function statusEvent(ctx: TransitionContext, tx: Tx, name: string): Promise<string> {
  const view = await getWorkPool(tx, name, ctx.numbers);
  const status = view?.status ?? "NOT_READY";
  return `prefect.work-pool.${status.toLowerCase().replace("_", "-")}`;
}
