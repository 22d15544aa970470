import { Type } from "typebox";
import { AGENT_POOL_NAME } from "#server/domain/work-pool.ts";
import { HEALTH_POLICY } from "#server/domain/work-queue-status.ts";
import { readFlowRunDetails } from "#server/store/flow-run-details.ts";
import { getFlowRuns } from "#server/store/flow-runs.ts";
import { findScheduledRuns } from "#server/store/scheduled-runs.ts";
import {
  findSlotHolders,
  findWorkQueues,
  readQueueHealth,
} from "#server/store/work-queue-views.ts";
import { deleteWorkQueue } from "#server/transitions/delete-work-queue.ts";
import { ensureAgentPool } from "#server/transitions/ensure-work-pool.ts";
import { recordPoll } from "#server/transitions/record-poll.ts";
import { writeDateTime } from "./date-time.ts";
import { FlowRunResponse, writeFlowRun } from "./flow-run-schemas.ts";
import { readPage } from "./page.ts";
import { route, type Route } from "./route.ts";
import { Absent, DateTime, Nullable, PAGE, Uuid } from "./schema-types.ts";
import { createFromBody, readWorkQueue, updateFromBody } from "./work-queue-requests.ts";
import {
  readQueueFilter,
  WorkQueueConcurrencyStatus,
  WorkQueueCreate,
  WorkQueueFilter,
  WorkQueueResponse,
  WorkQueueStatusDetail,
  WorkQueueUpdate,
  writeSlotHolder,
  writeWorkQueue,
} from "./work-queue-schemas.ts";

const TAGS = ["Work Queues"];
const byId = Type.Object({ id: Uuid });

/** Queues by id, and those that are named without a pool. */
export const WORK_QUEUE_ID_ROUTES: readonly Route[] = [
  route({
    method: "post",
    path: "/work_queues/",
    name: "create_work_queue",
    tags: TAGS,
    summary: `Create a queue in the pool \`${AGENT_POOL_NAME}\`, which is made if it is not there`,
    body: WorkQueueCreate,
    responses: { 201: WorkQueueResponse },
    handler: async (ctx, { body }) => {
      await ensureAgentPool(ctx.transitions);
      const created = await createFromBody(ctx, AGENT_POOL_NAME, body);
      return { status: 201, body: writeWorkQueue(created) };
    },
  }),

  route({
    method: "get",
    path: "/work_queues/{id}",
    name: "read_work_queue",
    tags: TAGS,
    summary: "Read a queue",
    params: byId,
    responses: { 200: WorkQueueResponse },
    handler: async (ctx, { params }) => ({
      status: 200,
      body: writeWorkQueue(await readWorkQueue(ctx, params)),
    }),
  }),

  route({
    method: "get",
    path: "/work_queues/name/{name}",
    name: "read_work_queue_by_name",
    tags: TAGS,
    summary: `Read a queue of the pool \`${AGENT_POOL_NAME}\``,
    params: Type.Object({ name: Type.String() }),
    responses: { 200: WorkQueueResponse },
    handler: async (ctx, { params }) => {
      await ensureAgentPool(ctx.transitions);
      const key = { workPoolName: AGENT_POOL_NAME, name: params.name };
      return { status: 200, body: writeWorkQueue(await readWorkQueue(ctx, key)) };
    },
  }),

  route({
    method: "post",
    path: "/work_queues/filter",
    name: "read_work_queues",
    tags: TAGS,
    summary: "List the queues of all pools by name",
    body: Type.Object({ work_queues: Absent(WorkQueueFilter), ...PAGE }),
    responses: { 200: Type.Array(WorkQueueResponse) },
    handler: async (ctx, { body }) => {
      const search = { order: "name", ...readPage(ctx, body) } as const;
      const filter = readQueueFilter(body.work_queues, null);
      const found = await findWorkQueues(ctx.transitions.pool, filter, search);
      return { status: 200, body: found.map(writeWorkQueue) };
    },
  }),

  route({
    method: "patch",
    path: "/work_queues/{id}",
    name: "update_work_queue",
    tags: TAGS,
    summary: "Change what is given of a queue; a limit of null is removed",
    params: byId,
    body: WorkQueueUpdate,
    bodyRequired: true,
    responses: { 204: null },
    handler: async (ctx, { params, body }) => {
      await updateFromBody(ctx, params, body);
      return { status: 204 };
    },
  }),

  route({
    method: "delete",
    path: "/work_queues/{id}",
    name: "delete_work_queue",
    tags: TAGS,
    summary: "Delete a queue, but never a default one; deployments and runs stay, in no queue",
    params: byId,
    responses: { 204: null },
    handler: async (ctx, { params }) => {
      await deleteWorkQueue(ctx.transitions, params);
      return { status: 204 };
    },
  }),

  route({
    method: "post",
    path: "/work_queues/{id}/get_runs",
    name: "read_work_queue_runs",
    tags: TAGS,
    summary: "Runs that may be handed out; asking counts as a poll, unless a user interface asks",
    params: byId,
    headers: Type.Object({
      "x-prefect-ui": Type.Optional(Nullable(Type.Boolean({ default: false }))),
    }),
    body: Type.Object({ limit: PAGE.limit, scheduled_before: Absent(DateTime) }),
    responses: { 200: Type.Array(FlowRunResponse) },
    handler: async (ctx, { params, body, headers }) => {
      const { limit } = readPage(ctx, body);
      const { pool } = ctx.transitions;
      const queue = await readWorkQueue(ctx, params);
      const runs = await findScheduledRuns(pool, {
        workPoolId: queue.workPoolId,
        workQueueIds: [queue.id],
        dueBefore: body.scheduled_before ?? null,
        dueAfter: null,
        limit,
      });
      const byUi = /^(true|1|yes|on)$/i.test(headers.get("x-prefect-ui") ?? "");
      if (!byUi) recordPoll(ctx.transitions, [queue.id]);
      const found = await readFlowRunDetails(
        pool,
        runs.map(({ flowRunId }) => flowRunId),
      );
      // One that was taken while the answer was made is not offered.
      const waiting = found.filter(({ stateType }) => stateType === "SCHEDULED");
      return { status: 200, body: waiting.map(writeFlowRun) };
    },
  }),

  route({
    method: "get",
    path: "/work_queues/{id}/status",
    name: "read_work_queue_status",
    tags: TAGS,
    summary: "Whether a queue's runs are taken in time",
    params: byId,
    responses: { 200: WorkQueueStatusDetail },
    handler: async (ctx, { params }) => {
      const queue = await readWorkQueue(ctx, params);
      const health = await readQueueHealth(ctx.transitions.pool, queue);
      const { lastPolledAt } = health;
      return {
        status: 200,
        body: {
          healthy: health.healthy,
          late_runs_count: health.lateRuns,
          last_polled: lastPolledAt === null ? null : writeDateTime(lastPolledAt),
          health_check_policy: {
            maximum_late_runs: HEALTH_POLICY.maximumLateRuns,
            maximum_seconds_since_last_polled: HEALTH_POLICY.maximumSecondsSinceLastPolled,
          },
        },
      };
    },
  }),

  route({
    method: "post",
    path: "/work_queues/{id}/concurrency_status",
    name: "read_work_queue_concurrency_status",
    tags: TAGS,
    summary: "Who holds a queue's slots, those that have held them longest first",
    params: byId,
    body: Type.Object({
      page: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
      limit: PAGE.limit,
    }),
    responses: { 200: WorkQueueConcurrencyStatus },
    handler: async (ctx, { params, body }) => {
      const { page = 1 } = body;
      const { limit } = readPage(ctx, body);
      const { pool, numbers } = ctx.transitions;
      const queue = await readWorkQueue(ctx, params);
      const offset = (page - 1) * limit;
      const ids = await findSlotHolders(pool, queue.id, { limit, offset });
      const runs = ids.length === 0 ? [] : await getFlowRuns(pool, ids, numbers);
      return {
        status: 200,
        body: {
          active_slots: queue.slotsHeld,
          concurrency_limit: queue.concurrencyLimit,
          flow_runs: runs.map((run) => writeSlotHolder(run, queue.now)),
          count: queue.slotsHeld,
          limit,
          pages: limit === 0 ? 0 : Math.ceil(queue.slotsHeld / limit),
          page,
        },
      };
    },
  }),
];
