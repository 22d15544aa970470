import { type Static, type TSchema, Type } from "typebox";
import { variableNotFound } from "#server/domain/not-found.ts";
import {
  countVariables,
  findVariables,
  getVariable,
  type Variable,
  type VariableFields,
  type VariableKey,
} from "#server/store/variables.ts";
import { createVariable } from "#server/transitions/create-variable.ts";
import { deleteVariable } from "#server/transitions/delete-variable.ts";
import { updateVariable } from "#server/transitions/update-variable.ts";
import { invalidField } from "#shared/errors.ts";
import type { RestContext } from "./context.ts";
import { exactMember } from "./exact-member.ts";
import { readPage } from "./page.ts";
import { route, type Route } from "./route.ts";
import { Absent, PAGE, Uuid } from "./schema-types.ts";
import {
  readVariableFilter,
  VariableCreate,
  VariableFilter,
  VariableResponse,
  VariableSort,
  VariableUpdate,
  writeVariable,
} from "./variable-schemas.ts";

const TAGS = ["Variables"];

/** Variables. */
export const VARIABLE_ROUTES: readonly Route[] = [
  route({
    method: "post",
    path: "/variables/",
    name: "create_variable",
    tags: TAGS,
    summary: "Create a variable",
    body: VariableCreate,
    responses: { 201: VariableResponse },
    handler: async (ctx, { body, text }) => {
      const id = await createVariable(ctx.transitions, {
        name: body.name,
        value: exactMember(text, "value") ?? "null",
        tags: body.tags ?? [],
      });
      return { status: 201, body: writeVariable(await readVariable(ctx, { id })) };
    },
  }),

  route({
    method: "post",
    path: "/variables/filter",
    name: "read_variables",
    tags: TAGS,
    summary: "List variables",
    body: Type.Object({
      variables: Absent(VariableFilter),
      sort: Type.Optional(VariableSort),
      ...PAGE,
    }),
    responses: { 200: Type.Array(VariableResponse) },
    handler: async (ctx, { body }) => {
      const page = readPage(ctx, body);
      const filter = readVariableFilter(body.variables);
      const found = await findVariables(ctx.transitions.pool, filter, page, body.sort);
      return { status: 200, body: found.map(writeVariable) };
    },
  }),

  route({
    method: "post",
    path: "/variables/count",
    name: "count_variables",
    tags: TAGS,
    summary: "Count variables",
    body: Type.Object({ variables: Absent(VariableFilter) }),
    responses: { 200: Type.Integer() },
    handler: async (ctx, { body }) => ({
      status: 200,
      body: await countVariables(ctx.transitions.pool, readVariableFilter(body.variables)),
    }),
  }),

  ...ofOne("/variables/{id}", "", Type.Object({ id: Uuid }), ({ id }) => ({ id })),
  ...ofOne("/variables/name/{name}", "_by_name", Type.Object({ name: Type.String() }), (p) => ({
    name: p.name,
  })),
];

/** Reading, changing and deleting one variable, however it is named. */
function ofOne<P extends TSchema>(
  path: string,
  suffix: string,
  params: P,
  keyOf: (params: Static<P>) => VariableKey,
): Route[] {
  return [
    route({
      method: "get",
      path,
      name: `read_variable${suffix}`,
      tags: TAGS,
      summary: "Read a variable",
      params,
      responses: { 200: VariableResponse },
      handler: async (ctx, request) => ({
        status: 200,
        body: writeVariable(await readVariable(ctx, keyOf(request.params))),
      }),
    }),

    route({
      method: "patch",
      path,
      name: `update_variable${suffix}`,
      tags: TAGS,
      summary: "Change what is given of a variable; null is a value",
      params,
      body: VariableUpdate,
      bodyRequired: true,
      responses: { 204: null },
      handler: async (ctx, { params: given, body, text }) => {
        await updateVariable(ctx.transitions, keyOf(given), readFields(body, text));
        return { status: 204 };
      },
    }),

    route({
      method: "delete",
      path,
      name: `delete_variable${suffix}`,
      tags: TAGS,
      summary: "Delete a variable",
      params,
      responses: { 204: null },
      handler: async (ctx, request) => {
        await deleteVariable(ctx.transitions, keyOf(request.params));
        return { status: 204 };
      },
    }),
  ];
}

function readFields(body: Static<typeof VariableUpdate>, text: string): VariableFields {
  if (body.name === null) throw invalidField("name", "it cannot be cleared; give another, or none");
  return {
    name: body.name,
    value: exactMember(text, "value"),
    tags: body.tags === null ? [] : body.tags,
  };
}

async function readVariable(ctx: RestContext, key: VariableKey): Promise<Variable> {
  const found = await getVariable(ctx.transitions.pool, key);
  if (found === undefined) throw variableNotFound("id" in key ? key.id : key.name);
  return found;
}
