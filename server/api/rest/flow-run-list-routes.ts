import { Type } from "typebox";
import { readFlowRunDetails } from "#server/store/flow-run-details.ts";
import { ORDERS, searchCount, searchIds } from "#server/store/searches.ts";
import { SEARCH_WITH_QUEUES, sortedPage } from "./filter-schemas.ts";
import { FlowRunResponse, writeFlowRun } from "./flow-run-schemas.ts";
import { readPage } from "./page.ts";
import { readSearch } from "./read-search.ts";
import { route, type Route } from "./route.ts";

const TAGS = ["Flow Runs"];

/** Lists of runs. */
export const FLOW_RUN_LIST_ROUTES: readonly Route[] = [
  route({
    method: "post",
    path: "/flow_runs/filter",
    name: "read_flow_runs",
    tags: TAGS,
    summary: "List runs",
    body: Type.Object({
      ...SEARCH_WITH_QUEUES,
      ...sortedPage(
        "FlowRunSort",
        "ID_DESC",
        "START_TIME_ASC",
        "START_TIME_DESC",
        "EXPECTED_START_TIME_ASC",
        "EXPECTED_START_TIME_DESC",
        "NAME_ASC",
        "NAME_DESC",
        "NEXT_SCHEDULED_START_TIME_ASC",
        "END_TIME_DESC",
      ),
    }),
    responses: { 200: Type.Array(FlowRunResponse) },
    handler: async (ctx, { body }) => {
      const { pool } = ctx.transitions;
      const order = ORDERS.flowRuns[body.sort ?? "ID_DESC"];
      const page = { order, ...readPage(ctx, body) };
      const ids = await searchIds(pool, "flowRuns", readSearch(body), page);
      const runs = await readFlowRunDetails(pool, ids);
      return { status: 200, body: runs.map(writeFlowRun) };
    },
  }),

  route({
    method: "post",
    path: "/flow_runs/count",
    name: "count_flow_runs",
    tags: TAGS,
    summary: "Count runs",
    body: Type.Object(SEARCH_WITH_QUEUES),
    responses: { 200: Type.Integer() },
    handler: async (ctx, { body }) => ({
      status: 200,
      body: await searchCount(ctx.transitions.pool, "flowRuns", readSearch(body)),
    }),
  }),
];
