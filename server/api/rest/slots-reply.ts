import type { SlotsAnswer } from "#server/transitions/take-slots.ts";
import type { RestReply } from "./route.ts";

/**
 * The answer to a request for slots. Where there is no room the client is told when to ask again: it
 * cannot do without that header.
 */
export function slotsReply(
  answer: SlotsAnswer,
  body: (taken: Extract<SlotsAnswer, { taken: true }>) => unknown,
): RestReply {
  if (answer.taken) return { status: 200, body: body(answer) };
  return {
    status: 423,
    body: { detail: "There is no free slot; ask again after the time in Retry-After." },
    headers: { "retry-after": answer.retryAfterSeconds.toFixed(3) },
  };
}
