import { Type } from "typebox";
import { giveSlots, releaseSlotLease } from "#server/transitions/give-slots.ts";
import { renewSlotLease } from "#server/transitions/renew-slot-lease.ts";
import { takeSlots } from "#server/transitions/take-slots.ts";
import {
  ConcurrencyLimitWithLeaseResponse,
  DecrementBody,
  IncrementBody,
  IncrementWithLeaseBody,
  LeaseDuration,
  MinimalConcurrencyLimitResponse,
} from "./concurrency-limit-schemas.ts";
import { Refusal } from "./failure-schemas.ts";
import { route, type Route } from "./route.ts";
import { Uuid } from "./schema-types.ts";
import { slotsReply } from "./slots-reply.ts";

const TAGS = ["Concurrency Limits V2"];
const DEFAULT_LEASE_SECONDS = 300;
const Limits = Type.Array(MinimalConcurrencyLimitResponse);

/** Slots of limits: taken, kept and given back. Names of which there is no active limit are not limited. */
export const CONCURRENCY_SLOT_ROUTES: readonly Route[] = [
  route({
    method: "post",
    path: "/v2/concurrency_limits/increment",
    name: "bulk_increment_active_slots",
    tags: TAGS,
    summary: "Take slots of limits without a lease",
    body: IncrementBody,
    responses: { 200: Limits, 423: Refusal },
    handler: async (ctx, { body }) => {
      const answer = await takeSlots(ctx.transitions, {
        names: body.names,
        slots: body.slots,
        mode: body.mode ?? "concurrency",
        lease: null,
      });
      return slotsReply(answer, ({ limits }) => limits);
    },
  }),

  route({
    method: "post",
    path: "/v2/concurrency_limits/increment-with-lease",
    name: "bulk_increment_active_slots_with_lease",
    tags: TAGS,
    summary: "Take slots of limits under a lease that must be renewed",
    body: IncrementWithLeaseBody,
    responses: { 200: ConcurrencyLimitWithLeaseResponse, 423: Refusal },
    handler: async (ctx, { body }) => {
      const seconds = body.lease_duration ?? DEFAULT_LEASE_SECONDS;
      const answer = await takeSlots(ctx.transitions, {
        names: body.names,
        slots: body.slots,
        mode: body.mode ?? "concurrency",
        lease: { seconds, holder: body.holder ?? null },
      });
      return slotsReply(answer, ({ leaseId, limits }) => ({ lease_id: leaseId, limits }));
    },
  }),

  route({
    method: "post",
    path: "/v2/concurrency_limits/decrement",
    name: "bulk_decrement_active_slots",
    tags: TAGS,
    summary: "Give back slots that were taken without a lease",
    body: DecrementBody,
    responses: { 200: Limits },
    handler: async (ctx, { body }) => ({
      status: 200,
      body: await giveSlots(ctx.transitions, {
        names: body.names,
        slots: body.slots,
        heldSeconds: body.occupancy_seconds ?? undefined,
      }),
    }),
  }),

  route({
    method: "post",
    path: "/v2/concurrency_limits/decrement-with-lease",
    name: "bulk_decrement_active_slots_with_lease",
    tags: TAGS,
    summary: "Give back all that a lease holds",
    body: Type.Object({ lease_id: Uuid }),
    responses: { 204: null },
    handler: async (ctx, { body }) => {
      await releaseSlotLease(ctx.transitions, body.lease_id);
      return { status: 204 };
    },
  }),

  route({
    method: "post",
    path: "/v2/concurrency_limits/leases/{lease_id}/renew",
    name: "renew_concurrency_lease",
    tags: TAGS,
    summary: "Keep a lease for longer",
    params: Type.Object({ lease_id: Uuid }),
    body: Type.Object({ lease_duration: LeaseDuration }),
    responses: { 204: null, 410: Refusal },
    handler: async (ctx, { params, body }) => {
      const seconds = body.lease_duration ?? DEFAULT_LEASE_SECONDS;
      if (await renewSlotLease(ctx.transitions, params.lease_id, seconds)) return { status: 204 };
      const detail = `There is no lease ${params.lease_id}, or it has expired; take the slots anew.`;
      return { status: 410, body: { detail } };
    },
  }),
];
