import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { backoffMs, type BackoffPolicy } from "#shared/backoff.ts";
import { messageOf } from "#shared/errors.ts";
import { switchedOn } from "#shared/failpoints.ts";
import type { Logger } from "#shared/logger.ts";
import { WAKE_UP_CHANNEL, type WakeUps } from "./wake-ups.ts";

const RECONNECT: BackoffPolicy = { firstMs: 100, maxMs: 10_000 };
const CONNECT_TIMEOUT_MS = 5_000;
const BEAT_MS = 10_000;
const BEAT_TIMEOUT_MS = 5_000;

/** How to listen. */
export interface ListenerOptions {
  readonly url: string;
  readonly wakeUps: WakeUps;
  readonly logger: Logger;
  /** Between two beats, and how long one may take; for tests. */
  readonly beatMs?: number;
  readonly beatTimeoutMs?: number;
}

/**
 * Hands on what other replicas notify, over a connection of its own. A connection that is gone, or
 * silent for 15 s, is replaced; since notifications were lost meanwhile, that counts as a wake-up
 * of everybody. Resolves after the first attempt to connect, and goes on trying if it failed.
 */
export async function startListener(
  options: ListenerOptions,
): Promise<{ readonly stop: () => Promise<void> }> {
  if (switchedOn("no-notify")) return { stop: async () => {} };
  const stopping = new AbortController();
  let markTried: () => void = () => {};
  const tried = new Promise<void>((resolve) => (markTried = resolve));

  const run = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted;) {
      try {
        await listenOnce(options, stopping.signal, () => {
          if (failures > 0) options.logger.info("listening for wake-ups again");
          failures = 0;
          markTried();
        });
      } catch (error) {
        // Wake-ups are hints: everything still happens at the loops' own pace.
        options.logger.warning("not listening for wake-ups", { error: messageOf(error) });
      }
      markTried();
      failures += 1;
      await pause(backoffMs(RECONNECT, failures, Math.random()), stopping.signal);
    }
  };
  const ended = run();
  await tried;
  return {
    stop: async () => {
      stopping.abort();
      await ended;
    },
  };
}

/** Listens until the connection breaks (throws) or `signal` aborts. */
async function listenOnce(
  options: ListenerOptions,
  signal: AbortSignal,
  onConnected: () => void,
): Promise<void> {
  const { url, wakeUps, beatMs = BEAT_MS, beatTimeoutMs = BEAT_TIMEOUT_MS } = options;
  const client = new pg.Client({
    connectionString: url,
    application_name: "sluice-listener",
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: beatTimeoutMs,
    keepAlive: true,
  });
  const broken = new AbortController();
  client.on("error", (error) => broken.abort(error));
  client.on("end", () => broken.abort(new Error("the connection ended")));
  client.on("notification", ({ payload = "" }) => wakeUps.receive(payload));
  const over = AbortSignal.any([signal, broken.signal]);
  try {
    await client.connect();
    await client.query(`listen ${WAKE_UP_CHANNEL}`);
    onConnected();
    wakeUps.missed();
    while (!over.aborted) {
      await pause(beatMs, over);
      // Nothing tells of a connection that is half open, except that it does not answer.
      if (!over.aborted) await client.query("select 1");
    }
    broken.signal.throwIfAborted();
  } finally {
    // Not awaited: a half-open connection never confirms its end.
    client.end().catch(() => {});
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}
