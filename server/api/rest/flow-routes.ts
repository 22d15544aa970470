import { Type } from "typebox";
import { flowNotFound } from "#server/domain/not-found.ts";
import { findFlow, type FlowView, readFlows } from "#server/store/flows.ts";
import { ORDERS, searchIds } from "#server/store/searches.ts";
import { createFlow } from "#server/transitions/create-flow.ts";
import { writeDateTime } from "./date-time.ts";
import { SEARCH, sortedPage } from "./filter-schemas.ts";
import { Labels } from "./flow-run-schemas.ts";
import { readPage } from "./page.ts";
import { readSearch } from "./read-search.ts";
import { route, type Route } from "./route.ts";
import { Absent, Closed, DateTime, named, Nullable, Uuid } from "./schema-types.ts";

const TAGS = ["Flows"];
const Name = Type.String({ pattern: "^[^/%&><]+$" });

const FlowCreate = named(
  "FlowCreate",
  Closed({
    name: Name,
    tags: Type.Optional(Type.Array(Type.String())),
    labels: Absent(Labels),
  }),
);

const FlowResponse = named(
  "Flow",
  Type.Object({
    id: Uuid,
    created: Nullable(DateTime),
    updated: Nullable(DateTime),
    name: Name,
    tags: Type.Optional(Type.Array(Type.String())),
    labels: Absent(Labels),
  }),
);

/** Flows. */
export const FLOW_ROUTES: readonly Route[] = [
  route({
    method: "post",
    path: "/flows/",
    name: "create_flow",
    tags: TAGS,
    summary: "Create a flow, or find the one of that name",
    body: FlowCreate,
    responses: { 200: FlowResponse, 201: FlowResponse },
    handler: async (ctx, { body }) => {
      const { name, tags = [], labels } = body;
      const { id, created } = await createFlow(ctx.transitions, {
        name,
        tags,
        labels: labels ?? {},
      });
      const [flow] = await readFlows(ctx.transitions.pool, [id]);
      if (flow === undefined) throw flowNotFound(id);
      return { status: created ? 201 : 200, body: writeFlow(flow) };
    },
  }),

  route({
    method: "get",
    path: "/flows/{id}",
    name: "read_flow",
    tags: TAGS,
    summary: "Read a flow",
    params: Type.Object({ id: Uuid }),
    responses: { 200: FlowResponse },
    handler: async (ctx, { params }) => {
      const [flow] = await readFlows(ctx.transitions.pool, [params.id]);
      if (flow === undefined) throw flowNotFound(params.id);
      return { status: 200, body: writeFlow(flow) };
    },
  }),

  route({
    method: "get",
    path: "/flows/name/{name}",
    name: "read_flow_by_name",
    tags: TAGS,
    summary: "Read a flow by its name",
    params: Type.Object({ name: Type.String() }),
    responses: { 200: FlowResponse },
    handler: async (ctx, { params }) => {
      const flow = await findFlow(ctx.transitions.pool, params.name);
      if (flow === undefined) throw flowNotFound(params.name);
      return { status: 200, body: writeFlow(flow) };
    },
  }),

  route({
    method: "post",
    path: "/flows/filter",
    name: "read_flows",
    tags: TAGS,
    summary: "List flows",
    body: Type.Object({
      ...SEARCH,
      ...sortedPage("FlowSort", "CREATED_DESC", "UPDATED_DESC", "NAME_ASC", "NAME_DESC"),
    }),
    responses: { 200: Type.Array(FlowResponse) },
    handler: async (ctx, { body }) => {
      const { pool } = ctx.transitions;
      const page = { order: ORDERS.flows[body.sort ?? "NAME_ASC"], ...readPage(ctx, body) };
      const ids = await searchIds(pool, "flows", readSearch(body), page);
      return { status: 200, body: (await readFlows(pool, ids)).map(writeFlow) };
    },
  }),
];

function writeFlow(flow: FlowView): object {
  return {
    id: flow.id,
    created: writeDateTime(flow.createdAt),
    updated: writeDateTime(flow.updatedAt),
    name: flow.name,
    tags: flow.tags,
    labels: flow.labels,
  };
}
