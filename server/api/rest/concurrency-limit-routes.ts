import { Type } from "typebox";
import { concurrencyLimitNotFound } from "#server/domain/concurrency-limit.ts";
import {
  type ConcurrencyLimitView,
  getConcurrencyLimit,
  listConcurrencyLimits,
} from "#server/store/concurrency-limits.ts";
import { createConcurrencyLimit } from "#server/transitions/create-concurrency-limit.ts";
import { deleteConcurrencyLimit } from "#server/transitions/delete-concurrency-limit.ts";
import { updateConcurrencyLimit } from "#server/transitions/update-concurrency-limit.ts";
import {
  ConcurrencyLimitV2,
  ConcurrencyLimitV2Create,
  ConcurrencyLimitV2Update,
  GlobalConcurrencyLimitResponse,
  writeCreatedLimit,
  writeGlobalLimit,
} from "./concurrency-limit-schemas.ts";
import type { RestContext } from "./context.ts";
import { readPage } from "./page.ts";
import { route, type Route } from "./route.ts";
import { PAGE } from "./schema-types.ts";

const TAGS = ["Concurrency Limits V2"];
const byIdOrName = Type.Object({ id_or_name: Type.String() });

/** Limits that programs ask for by name, and those of deployments. */
export const CONCURRENCY_LIMIT_ROUTES: readonly Route[] = [
  route({
    method: "post",
    path: "/v2/concurrency_limits/",
    name: "create_concurrency_limit_v2",
    tags: TAGS,
    summary: "Create a limit",
    body: ConcurrencyLimitV2Create,
    responses: { 201: ConcurrencyLimitV2 },
    handler: async (ctx, { body }) => {
      const id = await createConcurrencyLimit(ctx.transitions, {
        name: body.name,
        limit: body.limit,
        active: body.active ?? true,
        slotsHeld: body.active_slots ?? 0,
        deniedSlots: body.denied_slots ?? 0,
        slotDecayPerSecond: body.slot_decay_per_second ?? 0,
      });
      return { status: 201, body: writeCreatedLimit(await readLimit(ctx, id)) };
    },
  }),

  route({
    method: "get",
    path: "/v2/concurrency_limits/{id_or_name}",
    name: "read_concurrency_limit_v2",
    tags: TAGS,
    summary: "Read a limit, by id or name",
    params: byIdOrName,
    responses: { 200: GlobalConcurrencyLimitResponse },
    handler: async (ctx, { params }) => ({
      status: 200,
      body: writeGlobalLimit(await readLimit(ctx, params.id_or_name)),
    }),
  }),

  route({
    method: "post",
    path: "/v2/concurrency_limits/filter",
    name: "read_all_concurrency_limits_v2",
    tags: TAGS,
    summary: "List limits by name",
    body: Type.Object(PAGE),
    responses: { 200: Type.Array(GlobalConcurrencyLimitResponse) },
    handler: async (ctx, { body }) => {
      const found = await listConcurrencyLimits(ctx.transitions.pool, readPage(ctx, body));
      return { status: 200, body: found.map(writeGlobalLimit) };
    },
  }),

  route({
    method: "patch",
    path: "/v2/concurrency_limits/{id_or_name}",
    name: "update_concurrency_limit_v2",
    tags: TAGS,
    summary: "Change what is given of a limit",
    params: byIdOrName,
    body: ConcurrencyLimitV2Update,
    bodyRequired: true,
    responses: { 204: null },
    handler: async (ctx, { params, body }) => {
      await updateConcurrencyLimit(ctx.transitions, params.id_or_name, {
        name: body.name ?? undefined,
        limit: body.limit ?? undefined,
        active: body.active ?? undefined,
        slotsHeld: body.active_slots ?? undefined,
        deniedSlots: body.denied_slots ?? undefined,
        slotDecayPerSecond: body.slot_decay_per_second ?? undefined,
      });
      return { status: 204 };
    },
  }),

  route({
    method: "delete",
    path: "/v2/concurrency_limits/{id_or_name}",
    name: "delete_concurrency_limit_v2",
    tags: TAGS,
    summary: "Delete a limit; deployments that had it have none",
    params: byIdOrName,
    responses: { 204: null },
    handler: async (ctx, { params }) => {
      await deleteConcurrencyLimit(ctx.transitions, params.id_or_name);
      return { status: 204 };
    },
  }),
];

async function readLimit(ctx: RestContext, idOrName: string): Promise<ConcurrencyLimitView> {
  const found = await getConcurrencyLimit(ctx.transitions.pool, idOrName);
  if (found === undefined) throw concurrencyLimitNotFound(idOrName);
  return found;
}
