import { blockTypeNotFound } from "#server/domain/not-found.ts";
import { blockChecksum } from "#server/store/block-checksum.ts";
import { ensureBlockSchema } from "#server/store/block-schemas.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { newId } from "#shared/ids.ts";
import { parseJsonObject } from "#shared/json.ts";
import { requireStorableJson, requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";

/** A block schema to create. */
export interface CreateBlockSchemaInput {
  readonly blockTypeId: string;
  /** JSON text with numbers as they were sent: checksums depend on how they are written. */
  readonly fields: string;
  readonly capabilities: readonly string[];
  readonly version: string;
}

/**
 * Creates a schema, or finds the one of that type, checksum and version. Throws not_found if there is
 * no such type.
 */
export async function createBlockSchema(
  ctx: TransitionContext,
  input: CreateBlockSchemaInput,
): Promise<{ readonly id: string; readonly created: boolean }> {
  requireStorableJson("fields", parseJsonObject("fields", input.fields));
  requireStorableText("version", input.version);
  for (const capability of input.capabilities) requireStorableText("capabilities", capability);
  const checksum = blockChecksum(input.fields);
  const stored = await inTransaction(ctx.pool, (tx) =>
    ensureBlockSchema(tx, {
      id: newId(),
      checksum,
      ...input,
      capabilities: [...new Set(input.capabilities)],
    }),
  );
  if (stored === undefined) throw blockTypeNotFound(input.blockTypeId);
  return stored;
}
