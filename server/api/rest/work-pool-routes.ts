import { type Static, Type } from "typebox";
import { workPoolNotFound } from "#server/domain/not-found.ts";
import { requireUnreservedName } from "#server/domain/work-pool.ts";
import {
  countWorkPools,
  findWorkPools,
  getWorkPool,
  type WorkPoolFilter as StoreFilter,
  type WorkPoolView,
} from "#server/store/work-pools.ts";
import { createWorkPool } from "#server/transitions/create-work-pool.ts";
import { deleteWorkPool } from "#server/transitions/delete-work-pool.ts";
import { updateWorkPool } from "#server/transitions/update-work-pool.ts";
import type { RestContext } from "./context.ts";
import { readPage } from "./page.ts";
import { route, type Route } from "./route.ts";
import { Absent, PAGE } from "./schema-types.ts";
import {
  readStorageBody,
  WorkPoolCreate,
  WorkPoolFilter,
  WorkPoolResponse,
  WorkPoolUpdate,
  writeWorkPool,
} from "./work-pool-schemas.ts";

const TAGS = ["Work Pools"];
const byName = Type.Object({ name: Type.String() });

/** Work pools. */
export const WORK_POOL_ROUTES: readonly Route[] = [
  route({
    method: "post",
    path: "/work_pools/",
    name: "create_work_pool",
    tags: TAGS,
    summary: "Create a pool with its queue `default`",
    body: WorkPoolCreate,
    responses: { 201: WorkPoolResponse },
    handler: async (ctx, { body }) => {
      await createWorkPool(ctx.transitions, {
        name: body.name,
        type: body.type ?? "prefect-agent",
        description: body.description ?? "",
        baseJobTemplate: JSON.stringify(body.base_job_template ?? {}),
        isPaused: body.is_paused ?? false,
        concurrencyLimit: body.concurrency_limit ?? null,
        storage: readStorageBody(body.storage_configuration),
      });
      const created = writeWorkPool(await readWorkPool(ctx, body.name));
      return { status: 201, body: { ...created, active_slots: 0 } };
    },
  }),

  route({
    method: "get",
    path: "/work_pools/{name}",
    name: "read_work_pool",
    tags: TAGS,
    summary: "Read a pool",
    params: byName,
    responses: { 200: WorkPoolResponse },
    handler: async (ctx, { params }) => ({
      status: 200,
      body: writeWorkPool(await readWorkPool(ctx, params.name)),
    }),
  }),

  route({
    method: "post",
    path: "/work_pools/filter",
    name: "read_work_pools",
    tags: TAGS,
    summary: "List pools by name",
    body: Type.Object({ work_pools: Absent(WorkPoolFilter), ...PAGE }),
    responses: { 200: Type.Array(WorkPoolResponse) },
    handler: async (ctx, { body }) => {
      const page = readPage(ctx, body);
      const { pool, numbers } = ctx.transitions;
      const found = await findWorkPools(pool, readFilter(body.work_pools), page, numbers);
      return { status: 200, body: found.map(writeWorkPool) };
    },
  }),

  route({
    method: "post",
    path: "/work_pools/count",
    name: "count_work_pools",
    tags: TAGS,
    summary: "Count pools",
    body: Type.Object({ work_pools: Absent(WorkPoolFilter) }),
    responses: { 200: Type.Integer() },
    handler: async (ctx, { body }) => ({
      status: 200,
      body: await countWorkPools(ctx.transitions.pool, readFilter(body.work_pools)),
    }),
  }),

  route({
    method: "patch",
    path: "/work_pools/{name}",
    name: "update_work_pool",
    tags: TAGS,
    summary: "Change what is given of a pool; null clears it",
    params: byName,
    body: WorkPoolUpdate,
    bodyRequired: true,
    responses: { 204: null },
    handler: async (ctx, { params, body }) => {
      const { is_paused, concurrency_limit, ...others } = body;
      const { description, base_job_template: template, storage_configuration: storage } = others;
      // Of a pool with a reserved name only the switches may be moved, whether it exists or not.
      if (Object.keys(others).length > 0) requireUnreservedName("name", params.name);
      await updateWorkPool(ctx.transitions, params.name, {
        description,
        isPaused: is_paused ?? undefined,
        concurrencyLimit: concurrency_limit,
        baseJobTemplate: template === undefined ? undefined : JSON.stringify(template ?? {}),
        storage: storage === undefined ? undefined : readStorageBody(storage),
      });
      return { status: 204 };
    },
  }),

  route({
    method: "delete",
    path: "/work_pools/{name}",
    name: "delete_work_pool",
    tags: TAGS,
    summary: "Delete a pool with its queues; deployments and runs stay, in no pool",
    params: byName,
    responses: { 204: null },
    handler: async (ctx, { params }) => {
      requireUnreservedName("name", params.name);
      await deleteWorkPool(ctx.transitions, params.name);
      return { status: 204 };
    },
  }),
];

async function readWorkPool(ctx: RestContext, name: string): Promise<WorkPoolView> {
  const found = await getWorkPool(ctx.transitions.pool, name, ctx.transitions.numbers);
  if (found === undefined) throw workPoolNotFound(name);
  return found;
}

function readFilter(filter: Static<typeof WorkPoolFilter> | null | undefined): StoreFilter {
  return {
    ids: filter?.id?.any_ ?? null,
    names: filter?.name?.any_ ?? null,
    types: filter?.type?.any_ ?? null,
    either: filter?.operator === "or_",
  };
}
