import { type EventMessage, matchesEventFilter } from "#server/domain/event-filter.ts";
import { normaliseDateTime } from "#server/api/rest/date-time.ts";
import { isJsonObject, type JsonObject } from "#shared/json.ts";
import { parseMessage } from "./authenticate.ts";
import { type EventFeed, eventIdAt } from "./event-feed.ts";
import type { WebSocketConnection } from "./web-socket.ts";

/** Older events are not told by the feed, which looks back for less. */
const RECENT_MS = 60_000;
/** How far back stored events are sent at most. */
const MOST_BACK_MS = 24 * 3_600_000;

/**
 * Sends a client the events that its filter asks for: first those that are stored, the oldest first,
 * then those that come. None is sent twice.
 */
export function sendEvents(socket: WebSocketConnection, feed: EventFeed): void {
  let unsubscribe = (): void => {};
  socket.handle({
    message: (text) => {
      const message = parseMessage(text);
      const filter = message?.["filter"];
      if (message?.["type"] !== "filter" || !isFilter(filter)) {
        return socket.close(1002, "the first message must be a filter");
      }
      unsubscribe();
      unsubscribe = begin(socket, feed, withTimes(filter), message["backfill"] !== false);
    },
    close: () => unsubscribe(),
  });
}

function begin(
  socket: WebSocketConnection,
  feed: EventFeed,
  filter: JsonObject,
  backfill: boolean,
): () => void {
  const names = wantedNames(filter);
  // Only what is new may be told by the feed too.
  const recent = eventIdAt(Date.now() - RECENT_MS);
  const read = new Set<string>();
  // What comes while stored events are read waits, so that these come first.
  let held: EventMessage[] | undefined = [];
  const send = (event: EventMessage): void => {
    if (!matchesEventFilter(filter, event)) return;
    socket.send({ type: "event", event: { ...event, received: event.occurred } });
  };
  const end = feed.subscribe({
    names,
    receive: (event) => {
      if (held !== undefined) held.push(event);
      else if (!read.has(event.id)) send(event);
    },
  });
  const stored = backfill
    ? feed.readSince(sinceOf(filter), names, (event) => {
        if (event.id >= recent) read.add(event.id);
        send(event);
      })
    : Promise.resolve();
  stored.then(
    () => {
      const late = held ?? [];
      held = undefined;
      for (const event of late) if (!read.has(event.id)) send(event);
    },
    () => socket.close(1011, "stored events cannot be read now"),
  );
  return end;
}

/** The filter with its times in the form in which events have them; one that is none is left out. */
function withTimes(filter: JsonObject): JsonObject {
  const { occurred, ...others } = filter;
  if (!isFilter(occurred)) return others;
  const times = ["since", "until"].flatMap((key) => {
    const time = normaliseDateTime(occurred[key]);
    return time === undefined ? [] : [[key, time]];
  });
  return { ...others, occurred: Object.fromEntries(times) };
}

function sinceOf({ occurred }: JsonObject): number {
  const since = isFilter(occurred) ? occurred["since"] : undefined;
  if (typeof since !== "string") return Date.now();
  return Math.max(Date.parse(since), Date.now() - MOST_BACK_MS);
}

/** The names that a filter asks for, where it asks for names only; null: any may fit. */
function wantedNames(filter: JsonObject): readonly string[] | null {
  const { event } = filter;
  if (!isFilter(event)) return null;
  const { name, prefix } = event;
  const prefixes = Array.isArray(prefix) ? prefix.length : 0;
  if (!Array.isArray(name) || name.length === 0 || prefixes > 0) return null;
  // One that cannot be stored is no event's, and asked for would end the reading for all clients.
  return name.map(String).filter((one) => !one.includes("\0"));
}

function isFilter(value: unknown): value is JsonObject {
  return isJsonObject(value);
}
