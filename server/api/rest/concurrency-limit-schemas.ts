import { Type } from "typebox";
import type { ConcurrencyLimitView } from "#server/store/concurrency-limits.ts";
import { writeDateTime } from "./date-time.ts";
import { Absent, Closed, DateTime, named, Nullable, OneOf, Uuid } from "./schema-types.ts";

const Name = Type.String({ pattern: "^[^/%&><]+$" });
const Count = Type.Integer({ minimum: 0 });
const Rate = Type.Number({ minimum: 0 });

/** A limit to create. */
export const ConcurrencyLimitV2Create = named(
  "ConcurrencyLimitV2Create",
  Closed({
    active: Type.Optional(Type.Boolean({ default: true })),
    name: Name,
    limit: Count,
    active_slots: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
    denied_slots: Type.Optional(Type.Integer({ minimum: 0, default: 0 })),
    slot_decay_per_second: Type.Optional(Type.Number({ minimum: 0, default: 0 })),
  }),
);

/** What to change of a limit: what is not there, or null, stays. */
export const ConcurrencyLimitV2Update = named(
  "ConcurrencyLimitV2Update",
  Closed({
    active: Absent(Type.Boolean()),
    name: Absent(Name),
    limit: Absent(Count),
    active_slots: Absent(Count),
    denied_slots: Absent(Count),
    slot_decay_per_second: Absent(Rate),
  }),
);

const STAMPS = { id: Uuid, created: Nullable(DateTime), updated: Nullable(DateTime) };

/** A limit as its creation answers it. */
export const ConcurrencyLimitV2 = named(
  "ConcurrencyLimitV2",
  Type.Object({
    ...STAMPS,
    active: Type.Optional(Type.Boolean()),
    name: Name,
    limit: Type.Integer(),
    active_slots: Type.Optional(Type.Integer()),
    denied_slots: Type.Optional(Type.Integer()),
    slot_decay_per_second: Type.Optional(Type.Number()),
    avg_slot_occupancy_seconds: Type.Optional(Type.Number()),
  }),
);

/** A limit as it is read. */
export const GlobalConcurrencyLimitResponse = named(
  "GlobalConcurrencyLimitResponse",
  Type.Object({
    ...STAMPS,
    active: Type.Optional(Type.Boolean()),
    name: Type.String(),
    limit: Type.Integer(),
    active_slots: Type.Integer(),
    slot_decay_per_second: Type.Optional(Type.Number()),
  }),
);

/** A limit of which slots were taken or given back. */
export const MinimalConcurrencyLimitResponse = named(
  "MinimalConcurrencyLimitResponse",
  Type.Object({ id: Uuid, name: Type.String(), limit: Type.Integer() }),
);

/** Slots that were taken under a lease. */
export const ConcurrencyLimitWithLeaseResponse = named(
  "ConcurrencyLimitWithLeaseResponse",
  Type.Object({ lease_id: Uuid, limits: Type.Array(MinimalConcurrencyLimitResponse) }),
);

const ConcurrencyLeaseHolder = named(
  "ConcurrencyLeaseHolder",
  Closed({ type: OneOf("flow_run", "task_run", "deployment"), id: Uuid }),
);

/** Seconds that a lease lasts without being renewed. */
export const LeaseDuration = Type.Optional(
  Type.Number({ minimum: 60, maximum: 86_400, default: 300 }),
);

const NAMES = { names: Type.Array(Type.String()) };
const SLOTS = { ...NAMES, slots: Type.Integer({ exclusiveMinimum: 0 }) };
const MODE = Type.Optional(
  Type.Unsafe<"concurrency" | "rate_limit">({
    type: "string",
    enum: ["concurrency", "rate_limit"],
    default: "concurrency",
  }),
);

/** Slots to take without a lease. */
export const IncrementBody = Type.Object({
  ...SLOTS,
  mode: MODE,
  create_if_missing: Absent(Type.Boolean()),
});

/** Slots to take under a lease. */
export const IncrementWithLeaseBody = Type.Object({
  ...SLOTS,
  mode: MODE,
  lease_duration: LeaseDuration,
  holder: Absent(ConcurrencyLeaseHolder),
});

/** Slots to give back that were taken without a lease. */
export const DecrementBody = Type.Object({
  ...SLOTS,
  occupancy_seconds: Absent(Type.Number({ exclusiveMinimum: 0 })),
  create_if_missing: Type.Optional(Type.Boolean()),
});

/** A limit of tasks with a tag, to create or change. */
export const ConcurrencyLimitCreate = named(
  "ConcurrencyLimitCreate",
  Closed({ tag: Type.String(), concurrency_limit: Type.Integer() }),
);

/** A limit of tasks with a tag. */
export const ConcurrencyLimit = named(
  "ConcurrencyLimit",
  Type.Object({
    ...STAMPS,
    tag: Type.String(),
    concurrency_limit: Type.Integer(),
    active_slots: Type.Optional(Type.Array(Uuid)),
  }),
);

/** The tags whose limits a task run takes or gives back a slot of. */
export const TagSlotsBody = Type.Object({ names: Type.Array(Type.String()), task_run_id: Uuid });

/** A limit as clients read it, also within a deployment. */
export function writeGlobalLimit(view: ConcurrencyLimitView): object {
  return {
    id: view.id,
    created: writeDateTime(view.createdAt),
    updated: writeDateTime(view.updatedAt),
    active: view.active,
    name: view.name,
    limit: view.limit,
    active_slots: view.slotsHeld,
    slot_decay_per_second: view.slotDecayPerSecond,
  };
}

/** A limit as its creation answers it. */
export function writeCreatedLimit(view: ConcurrencyLimitView): object {
  return {
    ...writeGlobalLimit(view),
    denied_slots: view.deniedSlots,
    avg_slot_occupancy_seconds: view.avgSlotOccupancySeconds,
  };
}
