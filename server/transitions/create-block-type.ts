import { requireBlockName } from "#server/domain/blocks/block-names.ts";
import { requireUnreservedName } from "#server/domain/work-pool.ts";
import { type BlockTypeTexts, insertBlockType } from "#server/store/block-types.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { AppError } from "#shared/errors.ts";
import { newId } from "#shared/ids.ts";
import { requireName } from "#shared/names.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";

/** A block type to create. */
export interface CreateBlockTypeInput extends BlockTypeTexts {
  readonly slug: string;
  readonly name: string;
}

/**
 * Creates a kind of block; answers its id. Throws already_exists for a slug that is taken,
 * reserved_name for a name that begins with "prefect", invalid_argument for a bad field.
 */
export async function createBlockType(
  ctx: TransitionContext,
  input: CreateBlockTypeInput,
): Promise<string> {
  requireBlockName("slug", input.slug);
  requireUnreservedName("name", input.name);
  requireName("name", input.name);
  requireStorableText("name", input.name);
  requireBlockTypeTexts(input);
  const id = newId();
  await inTransaction(ctx.pool, async (tx) => {
    const { slug, name, logoUrl, documentationUrl, description, codeExample } = input;
    const texts = { logoUrl, documentationUrl, description, codeExample };
    if (!(await insertBlockType(tx, { id, slug, name, ...texts }))) {
      throw new AppError(
        "already_exists",
        `slug: there is a block type '${slug}' already; choose another slug, or change that one`,
        { metadata: { block_type: slug } },
      );
    }
    await insertEvents(tx, [
      {
        event: "sluice.block-type.created",
        resourceKind: "block-type",
        resourceId: id,
        payload: { slug, name },
      },
    ]);
  });
  return id;
}

/** Refuses texts that cannot be stored. */
export function requireBlockTypeTexts(texts: {
  readonly [K in keyof BlockTypeTexts]: string | null | undefined;
}): void {
  requireStorableText("logo_url", texts.logoUrl ?? "");
  requireStorableText("documentation_url", texts.documentationUrl ?? "");
  requireStorableText("description", texts.description ?? "");
  requireStorableText("code_example", texts.codeExample ?? "");
}
