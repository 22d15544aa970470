import { requireDecay } from "#server/domain/concurrency-limit.ts";
import { requireLimit } from "#server/domain/work-pool.ts";
import { insertConcurrencyLimit } from "#server/store/concurrency-limit-changes.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { AppError } from "#shared/errors.ts";
import { newId } from "#shared/ids.ts";
import type { JsonObject } from "#shared/json.ts";
import { requireName } from "#shared/names.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";

/** A limit to create. */
export interface CreateConcurrencyLimitInput {
  readonly name: string;
  readonly limit: number;
  readonly active: boolean;
  /** Slots that count as taken from the start. */
  readonly slotsHeld: number;
  readonly slotDecayPerSecond: number;
  readonly deniedSlots: number;
}

/**
 * Creates a limit; answers its id. Throws already_exists for a name that is taken, invalid_argument
 * for a bad field.
 */
export async function createConcurrencyLimit(
  ctx: TransitionContext,
  input: CreateConcurrencyLimitInput,
): Promise<string> {
  requireName("name", input.name);
  requireStorableText("name", input.name);
  requireLimit("limit", input.limit);
  requireLimit("active_slots", input.slotsHeld);
  requireLimit("denied_slots", input.deniedSlots);
  requireDecay("slot_decay_per_second", input.slotDecayPerSecond);
  const id = newId();
  await inTransaction(ctx.pool, async (tx) => {
    if (!(await insertConcurrencyLimit(tx, { id, ...input }))) throw limitExists(input.name);
    await insertEvents(tx, [limitEvent("created", id, { name: input.name, limit: input.limit })]);
  });
  return id;
}

/** What happened to a limit. */
export function limitEvent(
  what: "created" | "updated" | "deleted",
  id: string,
  payload: JsonObject,
) {
  return {
    event: `prefect.concurrency-limit.${what}`,
    resourceKind: "concurrency-limit",
    resourceId: id,
    payload,
  };
}

/** The refusal of a name that is taken. */
export function limitExists(name: string): AppError {
  return new AppError(
    "already_exists",
    `name: there is a concurrency limit '${name}' already; choose another name, or change that one`,
    { metadata: { concurrency_limit: name } },
  );
}
