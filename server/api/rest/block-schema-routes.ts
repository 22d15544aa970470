import { Type } from "typebox";
import { blockSchemaNotFound } from "#server/domain/not-found.ts";
import {
  findBlockSchemas,
  getBlockSchemaByChecksum,
  getBlockSchemas,
} from "#server/store/block-schemas.ts";
import { createBlockSchema } from "#server/transitions/create-block-schema.ts";
import { deleteBlockSchema } from "#server/transitions/delete-block-schema.ts";
import {
  BlockSchemaCreate,
  BlockSchemaFilter,
  BlockSchemaResponse,
  readSchemaFilter,
  writeBlockSchema,
} from "./block-models.ts";
import type { RestContext } from "./context.ts";
import { exactMember } from "./exact-member.ts";
import { readPage } from "./page.ts";
import { route, type Route } from "./route.ts";
import { Absent, PAGE, Uuid } from "./schema-types.ts";

const TAGS = ["Block schemas"];
const byId = Type.Object({ id: Uuid });

/** Block schemas. */
export const BLOCK_SCHEMA_ROUTES: readonly Route[] = [
  route({
    method: "post",
    path: "/block_schemas/",
    name: "create_block_schema",
    tags: TAGS,
    summary: "Create a schema of a kind of block; 200 if it is there already",
    body: BlockSchemaCreate,
    responses: { 201: BlockSchemaResponse, 200: BlockSchemaResponse },
    handler: async (ctx, { body, text }) => {
      const { id, created } = await createBlockSchema(ctx.transitions, {
        blockTypeId: body.block_type_id,
        fields: exactMember(text, "fields") ?? "{}",
        capabilities: body.capabilities ?? [],
        version: body.version ?? "non-versioned",
      });
      return { status: created ? 201 : 200, body: await readSchema(ctx, id) };
    },
  }),

  route({
    method: "post",
    path: "/block_schemas/filter",
    name: "read_block_schemas",
    tags: TAGS,
    summary: "List schemas, the newest first",
    body: Type.Object({ block_schemas: Absent(BlockSchemaFilter), ...PAGE }),
    responses: { 200: Type.Array(BlockSchemaResponse) },
    handler: async (ctx, { body }) => {
      const filter = readSchemaFilter(body.block_schemas);
      const found = await findBlockSchemas(ctx.transitions.pool, filter, readPage(ctx, body));
      return { status: 200, body: found.map(writeBlockSchema) };
    },
  }),

  route({
    method: "get",
    path: "/block_schemas/{id}",
    name: "read_block_schema_by_id",
    tags: TAGS,
    summary: "Read a schema",
    params: byId,
    responses: { 200: BlockSchemaResponse },
    handler: async (ctx, { params }) => ({ status: 200, body: await readSchema(ctx, params.id) }),
  }),

  route({
    method: "get",
    path: "/block_schemas/checksum/{checksum}",
    name: "read_block_schema_by_checksum",
    tags: TAGS,
    summary: "Read the newest schema with a checksum, of a version if one is given",
    params: Type.Object({ checksum: Type.String() }),
    query: Type.Object({ version: Absent(Type.String()) }),
    responses: { 200: BlockSchemaResponse },
    handler: async (ctx, { params: { checksum }, query }) => {
      const { pool } = ctx.transitions;
      const found = await getBlockSchemaByChecksum(pool, checksum, query.version ?? null);
      if (found === undefined) throw blockSchemaNotFound(checksum);
      return { status: 200, body: writeBlockSchema(found) };
    },
  }),

  route({
    method: "delete",
    path: "/block_schemas/{id}",
    name: "delete_block_schema",
    tags: TAGS,
    summary: "Delete a schema with its blocks, unless its kind is protected",
    params: byId,
    responses: { 204: null },
    handler: async (ctx, { params }) => {
      await deleteBlockSchema(ctx.transitions, params.id);
      return { status: 204 };
    },
  }),
];

async function readSchema(ctx: RestContext, id: string): Promise<object> {
  const [found] = await getBlockSchemas(ctx.transitions.pool, [id]);
  if (found === undefined) throw blockSchemaNotFound(id);
  return writeBlockSchema(found);
}
