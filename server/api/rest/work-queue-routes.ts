import { Type } from "typebox";
import { findWorkQueues } from "#server/store/work-queue-views.ts";
import { deleteWorkQueue } from "#server/transitions/delete-work-queue.ts";
import { readPage } from "./page.ts";
import { route, type Route } from "./route.ts";
import { Absent, PAGE } from "./schema-types.ts";
import {
  createFromBody,
  readWorkQueue,
  requirePool,
  updateFromBody,
} from "./work-queue-requests.ts";
import {
  readQueueFilter,
  WorkQueueCreate,
  WorkQueueFilter,
  WorkQueueResponse,
  WorkQueueUpdate,
  writeWorkQueue,
} from "./work-queue-schemas.ts";

const TAGS = ["Work Pools"];
const ofPool = Type.Object({ work_pool_name: Type.String() });
const byName = Type.Object({ work_pool_name: Type.String(), name: Type.String() });

/** Queues of a pool, by name. */
export const WORK_QUEUE_ROUTES: readonly Route[] = [
  route({
    method: "post",
    path: "/work_pools/{work_pool_name}/queues",
    name: "create_work_queue",
    tags: TAGS,
    summary: "Create a queue; who has its priority moves down",
    params: ofPool,
    body: WorkQueueCreate,
    responses: { 201: WorkQueueResponse },
    handler: async (ctx, { params, body }) => {
      const created = await createFromBody(ctx, params.work_pool_name, body);
      return { status: 201, body: { ...writeWorkQueue(created), active_slots: 0 } };
    },
  }),

  route({
    method: "get",
    path: "/work_pools/{work_pool_name}/queues/{name}",
    name: "read_work_queue",
    tags: TAGS,
    summary: "Read a queue",
    params: byName,
    responses: { 200: WorkQueueResponse },
    handler: async (ctx, { params }) => {
      const key = { workPoolName: params.work_pool_name, name: params.name };
      return { status: 200, body: writeWorkQueue(await readWorkQueue(ctx, key)) };
    },
  }),

  route({
    method: "post",
    path: "/work_pools/{work_pool_name}/queues/filter",
    name: "read_work_queues",
    tags: TAGS,
    summary: "List a pool's queues by priority",
    params: ofPool,
    body: Type.Object({ work_queues: Absent(WorkQueueFilter), ...PAGE }),
    responses: { 200: Type.Array(WorkQueueResponse) },
    handler: async (ctx, { params, body }) => {
      const page = readPage(ctx, body);
      await requirePool(ctx, params.work_pool_name);
      const filter = readQueueFilter(body.work_queues, params.work_pool_name);
      const search = { order: "priority", ...page } as const;
      const found = await findWorkQueues(ctx.transitions.pool, filter, search);
      return { status: 200, body: found.map(writeWorkQueue) };
    },
  }),

  route({
    method: "patch",
    path: "/work_pools/{work_pool_name}/queues/{name}",
    name: "update_work_queue",
    tags: TAGS,
    summary: "Change what is given of a queue; a limit of null is removed",
    params: byName,
    body: WorkQueueUpdate,
    bodyRequired: true,
    responses: { 204: null },
    handler: async (ctx, { params, body }) => {
      const key = { workPoolName: params.work_pool_name, name: params.name };
      await updateFromBody(ctx, key, body);
      return { status: 204 };
    },
  }),

  route({
    method: "delete",
    path: "/work_pools/{work_pool_name}/queues/{name}",
    name: "delete_work_queue",
    tags: TAGS,
    summary: "Delete a queue, but never the default one; deployments and runs stay, in no queue",
    params: byName,
    responses: { 204: null },
    handler: async (ctx, { params }) => {
      await requirePool(ctx, params.work_pool_name);
      const key = { workPoolName: params.work_pool_name, name: params.name };
      await deleteWorkQueue(ctx.transitions, key);
      return { status: 204 };
    },
  }),
];
