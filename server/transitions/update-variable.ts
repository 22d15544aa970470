import { requireVariableName } from "#server/domain/blocks/block-names.ts";
import { variableNotFound } from "#server/domain/not-found.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction } from "#server/store/transaction.ts";
import {
  updateVariableRow,
  type VariableFields,
  type VariableKey,
} from "#server/store/variables.ts";
import type { TransitionContext } from "./context.ts";
import { readTags, requireVariableValue, variableNameTaken } from "./create-variable.ts";

/**
 * Changes a variable. Throws not_found, already_exists for a new name that is taken, invalid_argument
 * for a bad field.
 */
export async function updateVariable(
  ctx: TransitionContext,
  key: VariableKey,
  fields: VariableFields,
): Promise<void> {
  const { name, value } = fields;
  if (name !== undefined) requireVariableName("name", name);
  if (value !== undefined) requireVariableValue("value", value);
  const tags = fields.tags === undefined ? undefined : readTags("tags", fields.tags);
  await inTransaction(ctx.pool, async (tx) => {
    const updated = await updateVariableRow(tx, key, { name, value, tags });
    if (updated === undefined) throw variableNotFound("id" in key ? key.id : key.name);
    if (updated === "taken") throw variableNameTaken(name ?? "");
    await insertEvents(tx, [
      {
        event: "sluice.variable.updated",
        resourceKind: "variable",
        resourceId: updated.id,
        payload: { name: updated.name },
      },
    ]);
  });
}
