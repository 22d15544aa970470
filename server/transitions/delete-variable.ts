import { variableNotFound } from "#server/domain/not-found.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { deleteVariableRow, type VariableKey } from "#server/store/variables.ts";
import type { TransitionContext } from "./context.ts";

/** Deletes a variable. Throws not_found. */
export async function deleteVariable(ctx: TransitionContext, key: VariableKey): Promise<void> {
  await inTransaction(ctx.pool, async (tx) => {
    const deleted = await deleteVariableRow(tx, key);
    if (deleted === undefined) throw variableNotFound("id" in key ? key.id : key.name);
    await insertEvents(tx, [
      {
        event: "sluice.variable.deleted",
        resourceKind: "variable",
        resourceId: deleted.id,
        payload: { name: deleted.name },
      },
    ]);
  });
}
