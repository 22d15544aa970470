import { joinReferences } from "#server/domain/blocks/block-data.ts";
import { blockDocumentNotFound, workPoolNotFound } from "#server/domain/not-found.ts";
import {
  resultBlockData,
  resultBlockName,
  type StorageChoice,
  storageOf,
  storageSlugs,
} from "#server/domain/storage-provider.ts";
import { EVERY_SCHEMA } from "#server/store/block-schema-filter.ts";
import { findBlockSchemas } from "#server/store/block-schemas.ts";
import { findBlockDocumentsByName, readBlockDocuments } from "#server/store/block-documents.ts";
import { getBlockType } from "#server/store/block-types.ts";
import { getWorkPool } from "#server/store/work-pools.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import { blockReference } from "#shared/job-template/block-reference.ts";
import { isJsonObject, type JsonObject } from "#shared/json.ts";
import type { TransitionContext } from "./context.ts";
import { createBlockDocument } from "./create-block-document.ts";
import { updateBlockDocument } from "./update-block-document.ts";
import { updateWorkPool } from "./update-work-pool.ts";

/**
 * Has code and results of a pool's runs kept in a bucket: stores the block that results are written
 * by, then the pool's configuration. Each is a transaction of its own, and all of it may be repeated:
 * what an interruption left undone is done then. Throws not_found for a pool or credentials that
 * there are not, already_exists if the block's name is taken by something else.
 */
export async function configurePoolStorage(
  ctx: TransitionContext,
  workPoolName: string,
  choice: StorageChoice,
): Promise<void> {
  requireChoice(choice);
  const pool = await getWorkPool(ctx.pool, workPoolName, ctx.numbers);
  if (pool === undefined) throw workPoolNotFound(workPoolName);
  const data = resultBlockData(choice, await findCredentials(ctx, choice));
  const own: unknown = JSON.parse(pool.storageConfiguration);
  const ownId = isJsonObject(own) ? own["default_result_storage_block_id"] : undefined;
  const id = await storeResultBlock(ctx, workPoolName, choice, data, ownId);
  await updateWorkPool(ctx, workPoolName, { storage: storageOf(choice, id) });
}

function requireChoice(choice: StorageChoice): void {
  const { provider, bucket, credentialsBlockName } = choice;
  if (bucket.trim() === "") throw invalidField("bucket", "it is empty; name the bucket");
  if (provider === "azure-blob-storage" && credentialsBlockName === null) {
    throw invalidField(
      "credentials_block_name",
      "it is missing; Azure has no credentials of the surroundings, so name a block",
    );
  }
  for (const field of ["uploadLauncher", "executionLauncher"] as const) {
    if (choice[field].length > 0 && choice[field][0]?.trim() === "") {
      const name = field === "uploadLauncher" ? "upload_launcher" : "execution_launcher";
      throw invalidField(name, "its program is empty; name one, or leave all of it out");
    }
  }
}

async function findCredentials(
  ctx: TransitionContext,
  { provider, credentialsBlockName: name }: StorageChoice,
): Promise<JsonObject | null> {
  if (name === null) return null;
  const slug = storageSlugs(provider).credentials;
  const [found] = await findBlockDocumentsByName(ctx.pool, [{ slug, name }]);
  if (found === undefined) throw blockDocumentNotFound(`${slug}/${name}`);
  return blockReference(found.id);
}

async function storeResultBlock(
  ctx: TransitionContext,
  workPoolName: string,
  { provider }: StorageChoice,
  data: JsonObject,
  ownId: unknown,
): Promise<string> {
  const slug = storageSlugs(provider).result;
  const name = resultBlockName(workPoolName);
  const [found] = await findBlockDocumentsByName(ctx.pool, [{ slug, name }]);
  if (found === undefined) {
    const type = await getBlockType(ctx.pool, { slug });
    const filter = { ...EVERY_SCHEMA, typeIds: type === undefined ? [] : [type.id] };
    const [schema] = await findBlockSchemas(ctx.pool, filter, { limit: 1, offset: 0 });
    if (type === undefined || schema === undefined) {
      throw new AppError("not_found", `There is no block type '${slug}' with a schema any more.`, {
        metadata: { block_type: slug },
      });
    }
    const ids = { blockTypeId: type.id, blockSchemaId: schema.id };
    return createBlockDocument(ctx, { name, isAnonymous: false, data, ...ids });
  }
  // Another pool's name may come to the same block name, and its results must stay where they are.
  if (found.id !== ownId && !(await holds(ctx, found.id, data))) {
    throw new AppError(
      "already_exists",
      `There is a block '${slug}/${name}' already, and it is not this pool's; delete it first, or ` +
        "give the pool's storage configuration itself.",
      { metadata: { block_document: `${slug}/${name}` } },
    );
  }
  await updateBlockDocument(ctx, found.id, { data, merge: false });
  return found.id;
}

/** Whether a block holds just that, as one does that an interruption left behind. */
async function holds(ctx: TransitionContext, id: string, data: JsonObject): Promise<boolean> {
  const document = (await readBlockDocuments(ctx.pool, [id])).get(id);
  return (
    document !== undefined &&
    Bun.deepEquals(joinReferences(document.data, document.references), data)
  );
}
