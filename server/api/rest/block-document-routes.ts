import { type Static, Type } from "typebox";
import { blockDocumentNotFound } from "#server/domain/not-found.ts";
import {
  type BlockDocumentFilter as StoreFilter,
  countBlockDocuments,
  findBlockDocuments,
  readBlockDocuments,
} from "#server/store/block-documents.ts";
import { createBlockDocument } from "#server/transitions/create-block-document.ts";
import { deleteBlockDocument } from "#server/transitions/delete-block-document.ts";
import { updateBlockDocument } from "#server/transitions/update-block-document.ts";
import {
  BlockDocumentCreate,
  BlockDocumentFilter,
  BlockDocumentResponse,
  BlockDocumentSort,
  BlockDocumentUpdate,
  BlockSchemaFilter,
  BlockTypeFilter,
  readSchemaFilter,
  writeBlockDocument,
} from "./block-models.ts";
import type { RestContext } from "./context.ts";
import { requireExactNumbers } from "./exact-member.ts";
import { containing } from "./like-pattern.ts";
import { readPage } from "./page.ts";
import { route, type Route } from "./route.ts";
import { Absent, PAGE, Uuid } from "./schema-types.ts";

const TAGS = ["Block documents"];
const byId = Type.Object({ id: Uuid });

/** The query of what answers blocks: secrets are masked unless they are asked for. */
export const INCLUDE_SECRETS = Type.Object({
  include_secrets: Type.Optional(Type.Boolean({ default: false })),
});

const FILTERS = {
  block_documents: Absent(BlockDocumentFilter),
  block_types: Absent(BlockTypeFilter),
  block_schemas: Absent(BlockSchemaFilter),
};

const FilterFields = Type.Object(FILTERS);

/** Blocks. */
export const BLOCK_DOCUMENT_ROUTES: readonly Route[] = [
  route({
    method: "post",
    path: "/block_documents/",
    name: "create_block_document",
    tags: TAGS,
    summary: "Store a block; its secrets are encrypted",
    body: BlockDocumentCreate,
    responses: { 201: BlockDocumentResponse },
    handler: async (ctx, { body, text }) => {
      requireExactNumbers(text, "data");
      const id = await createBlockDocument(ctx.transitions, {
        name: body.name ?? null,
        isAnonymous: body.is_anonymous ?? false,
        blockTypeId: body.block_type_id,
        blockSchemaId: body.block_schema_id,
        data: body.data ?? {},
      });
      return { status: 201, body: await answerDocument(ctx, id, false) };
    },
  }),

  route({
    method: "post",
    path: "/block_documents/filter",
    name: "read_block_documents",
    tags: TAGS,
    summary: "List blocks",
    body: Type.Object({
      ...FILTERS,
      ...INCLUDE_SECRETS.properties,
      sort: Absent(BlockDocumentSort),
      ...PAGE,
    }),
    responses: { 200: Type.Array(BlockDocumentResponse) },
    handler: async (ctx, { body }) => {
      const { pool } = ctx.transitions;
      const page = readPage(ctx, body);
      const sort = body.sort ?? "NAME_ASC";
      const ids = await findBlockDocuments(pool, readDocumentFilter(body), sort, page);
      return { status: 200, body: await answerDocuments(ctx, ids, body.include_secrets) };
    },
  }),

  route({
    method: "post",
    path: "/block_documents/count",
    name: "count_block_documents",
    tags: TAGS,
    summary: "Count blocks",
    body: Type.Object(FILTERS),
    responses: { 200: Type.Integer() },
    handler: async (ctx, { body }) => ({
      status: 200,
      body: await countBlockDocuments(ctx.transitions.pool, readDocumentFilter(body)),
    }),
  }),

  route({
    method: "get",
    path: "/block_documents/{id}",
    name: "read_block_document_by_id",
    tags: TAGS,
    summary: "Read a block",
    params: byId,
    query: INCLUDE_SECRETS,
    responses: { 200: BlockDocumentResponse },
    handler: async (ctx, { params, query }) => ({
      status: 200,
      body: await answerDocument(ctx, params.id, query.include_secrets),
    }),
  }),

  route({
    method: "patch",
    path: "/block_documents/{id}",
    name: "update_block_document_data",
    tags: TAGS,
    summary: "Change a block; a masked secret leaves the one that is stored",
    params: byId,
    body: BlockDocumentUpdate,
    bodyRequired: true,
    responses: { 204: null },
    handler: async (ctx, { params, body, text }) => {
      requireExactNumbers(text, "data");
      await updateBlockDocument(ctx.transitions, params.id, {
        blockSchemaId: body.block_schema_id ?? undefined,
        data: body.data,
        merge: body.merge_existing_data ?? true,
      });
      return { status: 204 };
    },
  }),

  route({
    method: "delete",
    path: "/block_documents/{id}",
    name: "delete_block_document",
    tags: TAGS,
    summary: "Delete a block; where it is a field of others, that field goes",
    params: byId,
    responses: { 204: null },
    handler: async (ctx, { params }) => {
      await deleteBlockDocument(ctx.transitions, params.id);
      return { status: 204 };
    },
  }),
];

/** A block as clients read it. Throws not_found. */
export async function answerDocument(
  ctx: RestContext,
  id: string,
  includeSecrets: boolean | undefined,
): Promise<object> {
  const [document] = await answerDocuments(ctx, [id], includeSecrets);
  if (document === undefined) throw blockDocumentNotFound(id);
  return document;
}

/** Blocks as clients read them, in that order; those that are gone are left out. */
export async function answerDocuments(
  ctx: RestContext,
  ids: readonly string[],
  includeSecrets: boolean | undefined,
): Promise<object[]> {
  const { pool, secretBox } = ctx.transitions;
  const documents = await readBlockDocuments(pool, ids);
  const box = includeSecrets === true ? secretBox : undefined;
  return ids.flatMap((id) => writeBlockDocument(documents, id, box) ?? []);
}

/** A filter of documents as the store takes it. */
export function readDocumentFilter(filters: Static<typeof FilterFields>): StoreFilter {
  const { block_documents: documents, block_types: types, block_schemas: schemas } = filters;
  const anonymous = documents?.is_anonymous;
  return {
    ids: documents?.id?.any_ ?? null,
    typeIds: documents?.block_type_id?.any_ ?? null,
    names: documents?.name?.any_ ?? null,
    nameLike: containing(documents?.name?.like_),
    isAnonymous: anonymous === undefined ? false : (anonymous?.eq_ ?? null),
    either: documents?.operator === "or_",
    typeSlugs: types?.slug?.any_ ?? null,
    typeNameLike: containing(types?.name?.like_),
    schemas: readSchemaFilter(schemas),
  };
}
