import { Type } from "typebox";
import { blockDocumentNotFound, blockTypeNotFound } from "#server/domain/not-found.ts";
import { findBlockDocuments, findBlockDocumentsByName } from "#server/store/block-documents.ts";
import { listBlockCapabilities } from "#server/store/block-schemas.ts";
import { type BlockType, findBlockTypes, getBlockType } from "#server/store/block-types.ts";
import { createBlockType } from "#server/transitions/create-block-type.ts";
import { deleteBlockType } from "#server/transitions/delete-block-type.ts";
import { installBlockTypes } from "#server/transitions/install-block-types.ts";
import { updateBlockType } from "#server/transitions/update-block-type.ts";
import {
  answerDocument,
  answerDocuments,
  INCLUDE_SECRETS,
  readDocumentFilter,
} from "./block-document-routes.ts";
import {
  BlockDocumentResponse,
  BlockSchemaFilter,
  BlockTypeCreate,
  BlockTypeFilter,
  BlockTypeResponse,
  BlockTypeUpdate,
  readSchemaFilter,
  writeBlockType,
} from "./block-models.ts";
import type { RestContext } from "./context.ts";
import { containing } from "./like-pattern.ts";
import { readPage } from "./page.ts";
import { route, type Route } from "./route.ts";
import { Absent, AnyJson, PAGE, Uuid } from "./schema-types.ts";

const TAGS = ["Block types"];
const OF_DOCUMENTS = ["Block types", "Block documents"];
const byId = Type.Object({ id: Uuid });
const bySlug = Type.Object({ slug: Type.String() });

/** Block types. */
export const BLOCK_TYPE_ROUTES: readonly Route[] = [
  route({
    method: "post",
    path: "/block_types/",
    name: "create_block_type",
    tags: TAGS,
    summary: "Create a kind of block",
    body: BlockTypeCreate,
    responses: { 201: BlockTypeResponse },
    handler: async (ctx, { body }) => {
      const id = await createBlockType(ctx.transitions, {
        slug: body.slug,
        name: body.name,
        logoUrl: body.logo_url ?? null,
        documentationUrl: body.documentation_url ?? null,
        description: body.description ?? null,
        codeExample: body.code_example ?? null,
      });
      return { status: 201, body: writeBlockType(await readType(ctx, { id })) };
    },
  }),

  route({
    method: "post",
    path: "/block_types/filter",
    name: "read_block_types",
    tags: TAGS,
    summary: "List kinds of block by name",
    body: Type.Object({
      block_types: Absent(BlockTypeFilter),
      block_schemas: Absent(BlockSchemaFilter),
      ...PAGE,
    }),
    responses: { 200: Type.Array(BlockTypeResponse) },
    handler: async (ctx, { body }) => {
      const filter = {
        slugs: body.block_types?.slug?.any_ ?? null,
        nameLike: containing(body.block_types?.name?.like_),
        schemas: readSchemaFilter(body.block_schemas),
      };
      const found = await findBlockTypes(ctx.transitions.pool, filter, readPage(ctx, body));
      return { status: 200, body: found.map(writeBlockType) };
    },
  }),

  route({
    method: "post",
    path: "/block_types/install_system_block_types",
    name: "install_system_block_types",
    tags: TAGS,
    summary: "Add the kinds of block that come with the control plane, where they are missing",
    responses: { 200: AnyJson },
    handler: async (ctx) => {
      await installBlockTypes(ctx.transitions);
      return { status: 200, body: null };
    },
  }),

  route({
    method: "get",
    path: "/block_types/{id}",
    name: "read_block_type_by_id",
    tags: TAGS,
    summary: "Read a kind of block",
    params: byId,
    responses: { 200: BlockTypeResponse },
    handler: async (ctx, { params }) => ({
      status: 200,
      body: writeBlockType(await readType(ctx, params)),
    }),
  }),

  route({
    method: "get",
    path: "/block_types/slug/{slug}",
    name: "read_block_type_by_slug",
    tags: TAGS,
    summary: "Read a kind of block by its slug",
    params: bySlug,
    responses: { 200: BlockTypeResponse },
    handler: async (ctx, { params }) => ({
      status: 200,
      body: writeBlockType(await readType(ctx, params)),
    }),
  }),

  route({
    method: "patch",
    path: "/block_types/{id}",
    name: "update_block_type",
    tags: TAGS,
    summary: "Change what a kind of block says about itself; null clears it",
    params: byId,
    body: BlockTypeUpdate,
    bodyRequired: true,
    responses: { 204: null },
    handler: async (ctx, { params, body }) => {
      await updateBlockType(ctx.transitions, params.id, {
        logoUrl: body.logo_url,
        documentationUrl: body.documentation_url,
        description: body.description,
        codeExample: body.code_example,
      });
      return { status: 204 };
    },
  }),

  route({
    method: "delete",
    path: "/block_types/{id}",
    name: "delete_block_type",
    tags: TAGS,
    summary: "Delete a kind of block with its schemas and documents, unless it is protected",
    params: byId,
    responses: { 204: null },
    handler: async (ctx, { params }) => {
      await deleteBlockType(ctx.transitions, params.id);
      return { status: 204 };
    },
  }),

  route({
    method: "get",
    path: "/block_types/slug/{slug}/block_documents",
    name: "read_block_documents_for_block_type",
    tags: OF_DOCUMENTS,
    summary: "List the blocks of a kind by name",
    params: bySlug,
    query: INCLUDE_SECRETS,
    responses: { 200: Type.Array(BlockDocumentResponse) },
    handler: async (ctx, { params, query }) => {
      const type = await readType(ctx, params);
      const filter = { ...readDocumentFilter({}), typeIds: [type.id] };
      const everything = { limit: null, offset: 0 };
      const { pool } = ctx.transitions;
      const ids = await findBlockDocuments(pool, filter, "NAME_ASC", everything);
      return { status: 200, body: await answerDocuments(ctx, ids, query.include_secrets) };
    },
  }),

  route({
    method: "get",
    path: "/block_types/slug/{slug}/block_documents/name/{block_document_name}",
    name: "read_block_document_by_name_for_block_type",
    tags: OF_DOCUMENTS,
    summary: "Read a block by the slug of its kind and its name",
    params: Type.Object({ slug: Type.String(), block_document_name: Type.String() }),
    query: INCLUDE_SECRETS,
    responses: { 200: BlockDocumentResponse },
    handler: async (ctx, { params: { slug, block_document_name: name }, query }) => {
      const [found] = await findBlockDocumentsByName(ctx.transitions.pool, [{ slug, name }]);
      if (found === undefined) throw blockDocumentNotFound(`${slug}/${name}`);
      return { status: 200, body: await answerDocument(ctx, found.id, query.include_secrets) };
    },
  }),

  route({
    method: "get",
    path: "/block_capabilities/",
    name: "read_available_block_capabilities",
    tags: ["Block capabilities"],
    summary: "List what any kind of block can do",
    responses: { 200: Type.Array(Type.String()) },
    handler: async (ctx) => ({
      status: 200,
      body: await listBlockCapabilities(ctx.transitions.pool),
    }),
  }),
];

async function readType(
  ctx: RestContext,
  by: { readonly id: string } | { readonly slug: string },
): Promise<BlockType> {
  const found = await getBlockType(ctx.transitions.pool, by);
  if (found === undefined) throw blockTypeNotFound("id" in by ? by.id : by.slug);
  return found;
}
