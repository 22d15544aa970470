import type { EventMessage } from "#server/domain/event-filter.ts";
import { recordClientEvents } from "#server/store/client-events.ts";
import { inTransaction } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";

/** Stores events that clients tell of. Telling the same again changes nothing. */
export async function recordEvents(
  ctx: TransitionContext,
  events: readonly EventMessage[],
): Promise<void> {
  // In one order everywhere, so that two who send the same do not wait for each other.
  const sorted = events.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  await inTransaction(ctx.pool, (tx) => recordClientEvents(tx, sorted));
}
