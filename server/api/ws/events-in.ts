import type { EventMessage } from "#server/domain/event-filter.ts";
import type { GroupCommit } from "#server/transitions/group-commit.ts";
import { messageOf } from "#shared/errors.ts";
import type { Logger } from "#shared/logger.ts";
import { readEvent } from "./event-messages.ts";
import type { WebSocketConnection } from "./web-socket.ts";

/** What stores events: resolves when one is stored for good. */
export type EventStore = GroupCommit<EventMessage, void>;

/** Events of one client that may wait to be stored, before it is let go and sends them again. */
const MOST_WAITING = 20_000;

/**
 * Takes a client's events. It forgets those that it sent before a ping once the pong is there, so a
 * pong waits for all of them to be stored; what could not be stored ends the socket, and comes again.
 */
export function takeEvents(socket: WebSocketConnection, store: EventStore, logger: Logger): void {
  const waiting = new Set<Promise<void>>();
  let failed = false;
  socket.handle({
    message: (text) => {
      const event = readEvent(text);
      if (typeof event === "string") {
        // Sent again it would be no better.
        logger.debug("an event is not stored", { reason: event });
        return;
      }
      if (waiting.size >= MOST_WAITING) return socket.close(1013, "too many events at once");
      const stored = store.submit(event).catch((error: unknown) => {
        failed = true;
        logger.debug("an event was not stored", { error: messageOf(error) });
        socket.close(1011, "events cannot be stored now");
      });
      waiting.add(stored);
      void stored.finally(() => waiting.delete(stored));
    },
    ping: async () => {
      await Promise.all(waiting);
      if (failed) throw new Error("an event before the ping was not stored");
    },
  });
}
