import { type Static, Type } from "typebox";
import { workPoolNotFound, workQueueNotFound } from "#server/domain/not-found.ts";
import { readFlowRunDetails } from "#server/store/flow-run-details.ts";
import { findPolledQueues } from "#server/store/polls.ts";
import { findScheduledRuns } from "#server/store/scheduled-runs.ts";
import {
  findPoolOfWorkers,
  listWorkers,
  type PoolOfWorkers,
  type WorkerFilter as StoreFilter,
  type WorkerView,
} from "#server/store/workers.ts";
import { deleteWorker } from "#server/transitions/delete-worker.ts";
import { recordPoll } from "#server/transitions/record-poll.ts";
import { recordWorkerHeartbeat } from "#server/transitions/record-worker-heartbeat.ts";
import { invalidField } from "#shared/errors.ts";
import type { RestContext } from "./context.ts";
import { writeDateTime } from "./date-time.ts";
import { WorkerFlowRunResponse, writeFlowRun } from "./flow-run-schemas.ts";
import { readPage } from "./page.ts";
import { route, type Route } from "./route.ts";
import {
  Absent,
  Closed,
  DateTime,
  named,
  Nullable,
  OneOf,
  Operator,
  PAGE,
  Uuid,
} from "./schema-types.ts";

const TAGS = ["Work Pools"];
const ofPool = Type.Object({ work_pool_name: Type.String() });
const MOST_POLLED = 200;

const WorkerStatus = named("WorkerStatus", OneOf("ONLINE", "OFFLINE"));
const Statuses = Absent(Type.Array(WorkerStatus));

const WorkerFilter = named(
  "WorkerFilter",
  Closed({
    operator: Type.Optional(Operator),
    last_heartbeat_time: Absent(
      named(
        "WorkerFilterLastHeartbeatTime",
        Closed({ before_: Absent(DateTime), after_: Absent(DateTime) }),
      ),
    ),
    status: Absent(named("WorkerFilterStatus", Closed({ any_: Statuses, not_any_: Statuses }))),
  }),
);

const WorkerResponse = named(
  "WorkerResponse",
  Type.Object({
    id: Uuid,
    created: Nullable(DateTime),
    updated: Nullable(DateTime),
    name: Type.String(),
    work_pool_id: Uuid,
    last_heartbeat_time: Absent(DateTime),
    heartbeat_interval_seconds: Absent(Type.Integer()),
    status: Type.Optional(WorkerStatus),
  }),
);

/** What Prefect's workers ask. */
export const WORKER_ROUTES: readonly Route[] = [
  route({
    method: "post",
    path: "/work_pools/{work_pool_name}/workers/heartbeat",
    name: "worker_heartbeat",
    tags: TAGS,
    summary: "Say that a worker is alive; it need not have been known before",
    params: ofPool,
    body: Type.Object({
      name: Type.String(),
      heartbeat_interval_seconds: Absent(Type.Integer()),
    }),
    responses: { 204: null },
    handler: async (ctx, { params, body }) => {
      const seconds = body.heartbeat_interval_seconds ?? null;
      if (seconds !== null && seconds < 1) {
        throw invalidField(
          "heartbeat_interval_seconds",
          `${seconds} is out of range; give whole seconds, at least 1`,
        );
      }
      await recordWorkerHeartbeat(ctx.transitions, params.work_pool_name, {
        name: body.name,
        heartbeatSeconds: seconds,
        type: null,
        metadata: null,
      });
      return { status: 204 };
    },
  }),

  route({
    method: "post",
    path: "/work_pools/{work_pool_name}/workers/filter",
    name: "read_workers",
    tags: TAGS,
    summary: "List workers, those heard of last first",
    params: ofPool,
    body: Type.Object({ workers: Absent(WorkerFilter), ...PAGE }),
    responses: { 200: Type.Array(WorkerResponse) },
    handler: async (ctx, { params, body }) => {
      const page = readPage(ctx, body);
      const { id } = await readPool(ctx, params.work_pool_name);
      const found = await listWorkers(ctx.transitions.pool, id, readFilter(body.workers), page);
      return { status: 200, body: found.map(writeWorker) };
    },
  }),

  route({
    method: "delete",
    path: "/work_pools/{work_pool_name}/workers/{name}",
    name: "delete_worker",
    tags: TAGS,
    summary: "Forget a worker; one that lives comes back with its next heartbeat",
    params: Type.Object({ work_pool_name: Type.String(), name: Type.String() }),
    responses: { 204: null },
    handler: async (ctx, { params }) => {
      await deleteWorker(ctx.transitions, params.work_pool_name, params.name);
      return { status: 204 };
    },
  }),

  route({
    method: "post",
    path: "/work_pools/{name}/get_scheduled_flow_runs",
    name: "get_scheduled_flow_runs",
    tags: TAGS,
    summary: "Offer runs that may start, in the order in which they should; nobody has them yet",
    params: Type.Object({ name: Type.String() }),
    body: Type.Object({
      work_queue_names: Absent(Type.Array(Type.String())),
      scheduled_before: Absent(DateTime),
      scheduled_after: Absent(DateTime),
      limit: PAGE.limit,
    }),
    responses: { 200: Type.Array(WorkerFlowRunResponse) },
    handler: async (ctx, { params, body }) => {
      const { limit } = readPage(ctx, { limit: body.limit ?? MOST_POLLED });
      const { pool } = ctx.transitions;
      const { id: workPoolId } = await readPool(ctx, params.name);
      const workQueueIds = await readQueues(ctx, params.name, workPoolId, body.work_queue_names);
      recordPoll(ctx.transitions, workQueueIds);
      const found = await findScheduledRuns(pool, {
        workPoolId,
        workQueueIds,
        dueBefore: body.scheduled_before ?? null,
        dueAfter: body.scheduled_after ?? null,
        limit,
      });
      const runs = await readFlowRunDetails(
        pool,
        found.map(({ flowRunId }) => flowRunId),
      );
      return {
        status: 200,
        // One that was taken while the answer was made is not offered.
        body: runs
          .filter((run) => run.stateType === "SCHEDULED" && run.workQueueId !== null)
          .map((run) => ({
            work_pool_id: workPoolId,
            work_queue_id: run.workQueueId,
            flow_run: writeFlowRun(run),
          })),
      };
    },
  }),
];

async function readPool(ctx: RestContext, name: string): Promise<PoolOfWorkers> {
  const pool = await findPoolOfWorkers(ctx.transitions.pool, name);
  if (pool === undefined) throw workPoolNotFound(name);
  return pool;
}

/** No names: all queues. One that the pool does not have refuses the whole poll. */
async function readQueues(
  ctx: RestContext,
  workPoolName: string,
  workPoolId: string,
  names: readonly string[] | null | undefined,
): Promise<string[]> {
  const wanted = names ?? [];
  const all = wanted.length === 0;
  const found = await findPolledQueues(ctx.transitions.pool, workPoolId, all ? null : wanted);
  const known = new Set(found.map((queue) => queue.name));
  const missing = wanted.find((name) => !known.has(name));
  if (missing !== undefined) throw workQueueNotFound({ workPoolName, name: missing });
  return found.map((queue) => queue.id);
}

function readFilter(filter: Static<typeof WorkerFilter> | null | undefined): StoreFilter {
  return {
    statuses: filter?.status?.any_ ?? null,
    notStatuses: filter?.status?.not_any_ ?? null,
    before: filter?.last_heartbeat_time?.before_ ?? null,
    after: filter?.last_heartbeat_time?.after_ ?? null,
    either: filter?.operator === "or_",
  };
}

function writeWorker(worker: WorkerView): object {
  const { heartbeatSeconds } = worker;
  return {
    id: worker.id,
    created: writeDateTime(worker.createdAt),
    updated: writeDateTime(worker.updatedAt),
    name: worker.name,
    work_pool_id: worker.workPoolId,
    last_heartbeat_time: writeDateTime(worker.lastHeartbeatAt),
    heartbeat_interval_seconds: heartbeatSeconds === null ? null : Math.round(heartbeatSeconds),
    status: worker.status,
  };
}
