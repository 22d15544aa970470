import type {
  CreateWorkQueueRequest,
  ListWorkQueuesRequest,
  ListWorkQueuesResponse,
  WorkQueueKey,
  WorkQueueServiceServer,
} from "#proto/sluice/v1/work_queue_service.ts";
import { workPoolNotFound, workQueueNotFound } from "#server/domain/not-found.ts";
import { HEALTH_POLICY } from "#server/domain/work-queue-status.ts";
import { getWorkPool } from "#server/store/work-pools.ts";
import {
  EVERY_QUEUE,
  findWorkQueues,
  getWorkQueue,
  readQueueHealth,
  type WorkQueueView,
} from "#server/store/work-queue-views.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { createWorkQueue } from "#server/transitions/create-work-queue.ts";
import { deleteWorkQueue } from "#server/transitions/delete-work-queue.ts";
import { ensureAgentPool } from "#server/transitions/ensure-work-pool.ts";
import { prioritizeWorkQueues } from "#server/transitions/prioritize-work-queues.ts";
import { updateWorkQueue } from "#server/transitions/update-work-queue.ts";
import { invalidField } from "#shared/errors.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import { writeTime } from "./flow-run-messages.ts";
import { pageSize, readPageToken, toPage, writePageToken } from "./page-token.ts";
import type { Unary } from "./unary.ts";
import { poolNameOr, readQueueKey, writeWorkQueue } from "./work-queue-messages.ts";
import { readPreviewPage, readSlotPage } from "./work-queue-runs.ts";

/** sluice.v1.WorkQueueService. */
export function createWorkQueueService(
  ctx: TransitionContext,
  unary: Unary,
): WorkQueueServiceServer {
  const read = (key: WorkQueueKey | undefined): Promise<WorkQueueView> => readQueue(ctx, key);
  return {
    createWorkQueue: unary(async (request) => {
      const id = await create(ctx, request);
      const queue = await read({ key: { $case: "id", value: id } });
      return { workQueue: writeWorkQueue(queue) };
    }),

    getWorkQueue: unary(async ({ key }) => ({ workQueue: writeWorkQueue(await read(key)) })),

    listWorkQueues: unary((request) => listQueues(ctx, request)),

    updateWorkQueue: unary(async (request) => {
      if (request.clearConcurrencyLimit && request.concurrencyLimit !== undefined) {
        throw invalidField(
          "clear_concurrency_limit",
          "not together with concurrency_limit; set a limit or remove it",
        );
      }
      // By its id from here on: the change may give it another name.
      const { id } = await read(request.key);
      await updateWorkQueue(
        ctx,
        { id },
        {
          name: request.name,
          description: request.description,
          isPaused: request.isPaused,
          concurrencyLimit: request.clearConcurrencyLimit ? null : request.concurrencyLimit,
          priority: request.priority,
        },
      );
      return { workQueue: writeWorkQueue(await read({ key: { $case: "id", value: id } })) };
    }),

    deleteWorkQueue: unary(async ({ key }) => {
      await deleteWorkQueue(ctx, readQueueKey(key));
      return {};
    }),

    prioritizeWorkQueues: unary(async ({ workPoolName, priorities }) => {
      const places = priorities.map(({ workQueueId: id, priority }) => ({
        id: id.toLowerCase(),
        priority,
      }));
      await prioritizeWorkQueues(ctx, workPoolName, places);
      const queues = await findWorkQueues(
        ctx.pool,
        { ...EVERY_QUEUE, workPoolName },
        { order: "priority", limit: MOST_TOLD },
      );
      return { workQueues: queues.map(writeWorkQueue) };
    }),

    getWorkQueueStatus: unary(async ({ key }) => {
      const { healthy, lateRuns, lastPolledAt } = await readQueueHealth(ctx.pool, await read(key));
      return {
        healthy,
        lateRuns,
        lastPolledAt: writeTime(lastPolledAt),
        maximumLateRuns: HEALTH_POLICY.maximumLateRuns,
        maximumSecondsSinceLastPolled: HEALTH_POLICY.maximumSecondsSinceLastPolled,
      };
    }),

    listWorkQueueSlots: unary(async (request) => {
      const queue = await read(request.key);
      const page = await readSlotPage(ctx, queue, request);
      const { slotsHeld, concurrencyLimit } = queue;
      return { slotsHeld, concurrencyLimit: concurrencyLimit ?? undefined, ...page };
    }),

    previewWorkQueueRuns: unary(async (request) =>
      readPreviewPage(ctx, await read(request.key), request),
    ),
  };
}

/** A pool with more queues than that is listed page by page. */
const MOST_TOLD = 1000;

async function readQueue(
  ctx: TransitionContext,
  message: WorkQueueKey | undefined,
): Promise<WorkQueueView> {
  const key = readQueueKey(message);
  if ("name" in key) {
    requireStorableText("key.name.work_pool_name", key.workPoolName);
    requireStorableText("key.name.name", key.name);
  }
  const found = await getWorkQueue(ctx.pool, key);
  if (found === undefined) throw workQueueNotFound(key);
  return found;
}

async function create(ctx: TransitionContext, request: CreateWorkQueueRequest): Promise<string> {
  if (request.workPoolName === "") await ensureAgentPool(ctx);
  return createWorkQueue(ctx, {
    workPoolName: poolNameOr(request.workPoolName),
    name: request.name,
    description: request.description,
    isPaused: request.isPaused,
    concurrencyLimit: request.concurrencyLimit ?? null,
    priority: request.priority ?? null,
  });
}

async function listQueues(
  ctx: TransitionContext,
  request: ListWorkQueuesRequest,
): Promise<ListWorkQueuesResponse> {
  const { workPoolName, namePrefix } = request;
  requireStorableText("work_pool_name", workPoolName);
  requireStorableText("name_prefix", namePrefix);
  const size = pageSize(request.pageSize);
  const key = readPageToken("queues", request.pageToken, [0, "", ""]);
  if (workPoolName !== "") {
    const pool = await getWorkPool(ctx.pool, workPoolName, ctx.numbers);
    if (pool === undefined) throw workPoolNotFound(workPoolName);
  }
  const read = await findWorkQueues(
    ctx.pool,
    {
      ...EVERY_QUEUE,
      workPoolName: workPoolName === "" ? null : workPoolName,
      namePrefixes: namePrefix === "" ? null : [namePrefix],
    },
    {
      order: workPoolName === "" ? "name" : "priority",
      limit: size + 1,
      after: key === null ? null : { priority: key[0], name: key[1], id: key[2] },
    },
  );
  const { rows, nextPageToken } = toPage(
    read,
    size,
    ({ description }) => description.length,
    ({ priority, name, id }) => writePageToken("queues", [priority, name, id]),
  );
  return { workQueues: rows.map(writeWorkQueue), nextPageToken };
}
