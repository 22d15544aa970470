import { type NewFlow, upsertFlow } from "#server/store/flows.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { requireName } from "#shared/names.ts";
import { requireStorableJson, requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";

/** Creates a flow, or finds the one of that name and leaves it as it is. */
export function createFlow(
  ctx: TransitionContext,
  flow: NewFlow,
): Promise<{ readonly id: string; readonly created: boolean }> {
  requireName("name", flow.name);
  requireStorableText("name", flow.name);
  requireStorableJson("labels", flow.labels);
  for (const tag of flow.tags) requireStorableText("tags", tag);
  return inTransaction(ctx.pool, (tx) => upsertFlow(tx, flow));
}
