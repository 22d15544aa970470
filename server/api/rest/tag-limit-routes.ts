import { Type } from "typebox";
import { concurrencyLimitNotFound } from "#server/domain/concurrency-limit.ts";
import {
  type ConcurrencyLimitView,
  getConcurrencyLimit,
  listConcurrencyLimits,
  listSlotHolders,
} from "#server/store/concurrency-limits.ts";
import { deleteConcurrencyLimit } from "#server/transitions/delete-concurrency-limit.ts";
import {
  giveTagSlots,
  resetTagLimit,
  setTagLimit,
  TAG_PREFIX,
  takeTagSlots,
} from "#server/transitions/tag-limits.ts";
import {
  ConcurrencyLimit,
  ConcurrencyLimitCreate,
  MinimalConcurrencyLimitResponse,
  TagSlotsBody,
} from "./concurrency-limit-schemas.ts";
import type { RestContext } from "./context.ts";
import { writeDateTime } from "./date-time.ts";
import { Refusal } from "./failure-schemas.ts";
import { readPage } from "./page.ts";
import { route, type Route } from "./route.ts";
import { Absent, PAGE, Uuid } from "./schema-types.ts";
import { slotsReply } from "./slots-reply.ts";

const TAGS = ["Concurrency Limits"];
const byId = Type.Object({ id: Uuid });
const byTag = Type.Object({ tag: Type.String() });
const Limits = Type.Array(MinimalConcurrencyLimitResponse);

/** Limits of tasks by tag: the limits named `tag:TAG`, as older clients ask for them. */
export const TAG_LIMIT_ROUTES: readonly Route[] = [
  route({
    method: "post",
    path: "/concurrency_limits/",
    name: "create_concurrency_limit",
    tags: TAGS,
    summary: "Limit tasks with a tag, or change their limit",
    body: ConcurrencyLimitCreate,
    responses: { 200: ConcurrencyLimit },
    handler: async (ctx, { body }) => {
      const id = await setTagLimit(ctx.transitions, body.tag, body.concurrency_limit);
      return readOne(ctx, id);
    },
  }),

  route({
    method: "get",
    path: "/concurrency_limits/{id}",
    name: "read_concurrency_limit",
    tags: TAGS,
    summary: "Read the limit of a tag by its id",
    params: byId,
    responses: { 200: ConcurrencyLimit },
    handler: (ctx, { params }) => readOne(ctx, params.id),
  }),

  route({
    method: "delete",
    path: "/concurrency_limits/{id}",
    name: "delete_concurrency_limit",
    tags: TAGS,
    summary: "Delete the limit of a tag by its id",
    params: byId,
    responses: { 200: Type.Null() },
    handler: async (ctx, { params }) => {
      await readOne(ctx, params.id);
      await deleteConcurrencyLimit(ctx.transitions, params.id);
      return { status: 200, body: null };
    },
  }),

  route({
    method: "get",
    path: "/concurrency_limits/tag/{tag}",
    name: "read_concurrency_limit_by_tag",
    tags: TAGS,
    summary: "Read the limit of a tag",
    params: byTag,
    responses: { 200: ConcurrencyLimit },
    handler: (ctx, { params }) => readOne(ctx, `${TAG_PREFIX}${params.tag}`),
  }),

  route({
    method: "delete",
    path: "/concurrency_limits/tag/{tag}",
    name: "delete_concurrency_limit_by_tag",
    tags: TAGS,
    summary: "Delete the limit of a tag",
    params: byTag,
    responses: { 200: Type.Null() },
    handler: async (ctx, { params }) => {
      await deleteConcurrencyLimit(ctx.transitions, `${TAG_PREFIX}${params.tag}`);
      return { status: 200, body: null };
    },
  }),

  route({
    method: "post",
    path: "/concurrency_limits/tag/{tag}/reset",
    name: "reset_concurrency_limit_by_tag",
    tags: TAGS,
    summary: "Free the slots of a tag's limit, but for the task runs that are named",
    params: byTag,
    body: Type.Object({ slot_override: Absent(Type.Array(Uuid)) }),
    responses: { 200: Type.Null() },
    handler: async (ctx, { params, body }) => {
      const taskRunIds = body.slot_override ?? [];
      if (!(await resetTagLimit(ctx.transitions, params.tag, taskRunIds))) {
        throw concurrencyLimitNotFound(`${TAG_PREFIX}${params.tag}`);
      }
      return { status: 200, body: null };
    },
  }),

  route({
    method: "post",
    path: "/concurrency_limits/filter",
    name: "read_concurrency_limits",
    tags: TAGS,
    summary: "List the limits of tags",
    body: Type.Object(PAGE),
    responses: { 200: Type.Array(ConcurrencyLimit) },
    handler: async (ctx, { body }) => {
      const page = { ...readPage(ctx, body), prefix: TAG_PREFIX };
      const found = await listConcurrencyLimits(ctx.transitions.pool, page);
      return { status: 200, body: await writeAll(ctx, found) };
    },
  }),

  route({
    method: "post",
    path: "/concurrency_limits/increment",
    name: "increment_concurrency_limits_v1",
    tags: TAGS,
    summary: "Take a slot of each tag's limit for a task run",
    body: TagSlotsBody,
    responses: { 200: Limits, 423: Refusal },
    handler: async (ctx, { body }) =>
      slotsReply(
        await takeTagSlots(ctx.transitions, body.names, body.task_run_id),
        ({ limits }) => limits,
      ),
  }),

  route({
    method: "post",
    path: "/concurrency_limits/decrement",
    name: "decrement_concurrency_limits_v1",
    tags: TAGS,
    summary: "Give back the slots of a task run",
    body: TagSlotsBody,
    responses: { 200: Limits },
    handler: async (ctx, { body }) => ({
      status: 200,
      body: await giveTagSlots(ctx.transitions, body.names, body.task_run_id),
    }),
  }),
];

async function readOne(
  ctx: RestContext,
  idOrName: string,
): Promise<{ status: number; body: unknown }> {
  const found = await getConcurrencyLimit(ctx.transitions.pool, idOrName);
  if (!found?.name.startsWith(TAG_PREFIX)) throw concurrencyLimitNotFound(idOrName);
  const [body] = await writeAll(ctx, [found]);
  return { status: 200, body };
}

async function writeAll(
  ctx: RestContext,
  limits: readonly ConcurrencyLimitView[],
): Promise<object[]> {
  const holders = await listSlotHolders(
    ctx.transitions.pool,
    limits.map(({ id }) => id),
  );
  return limits.map((view) => ({
    id: view.id,
    created: writeDateTime(view.createdAt),
    updated: writeDateTime(view.updatedAt),
    tag: view.name.slice(TAG_PREFIX.length),
    concurrency_limit: view.limit,
    active_slots: holders.get(view.id) ?? [],
  }));
}
