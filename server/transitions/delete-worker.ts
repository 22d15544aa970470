import { workPoolNotFound } from "#server/domain/not-found.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { findPoolOfWorkers, removeWorker } from "#server/store/workers.ts";
import { AppError } from "#shared/errors.ts";
import type { TransitionContext } from "./context.ts";

/** Forgets a worker; one that lives comes back with its next beat. Throws not_found. */
export async function deleteWorker(
  ctx: TransitionContext,
  workPoolName: string,
  name: string,
): Promise<void> {
  await inTransaction(ctx.pool, async (tx) => {
    const pool = await findPoolOfWorkers(tx, workPoolName);
    if (pool === undefined) throw workPoolNotFound(workPoolName);
    if (await removeWorker(tx, pool.id, name)) return;
    throw new AppError(
      "not_found",
      `There is no worker '${name}' in work pool '${workPoolName}'; POST …/workers/filter lists them.`,
      { metadata: { work_pool: workPoolName, worker: name } },
    );
  });
}
