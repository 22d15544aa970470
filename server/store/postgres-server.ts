import { setTimeout as delay } from "node:timers/promises";
import { backoffMs, type BackoffPolicy } from "#shared/backoff.ts";
import { AppError, messageOf } from "#shared/errors.ts";
import type { Logger } from "#shared/logger.ts";
import {
  LINE_PREFIX,
  relayLine,
  startProgram,
  type Launch,
  type PostgresProcess,
} from "./postgres-process.ts";
import { OWN_MARK, clearStalePostmaster } from "./stale-postmaster.ts";

const FAST_STOP_MS = 30_000;
const RESTART: BackoffPolicy = { firstMs: 200, maxMs: 10_000 };

/** What a server of PostgreSQL runs on. */
export interface ServerOptions {
  readonly launch: Launch;
  readonly cluster: string;
  readonly sockets: string;
  /** As `name=value`. The last of a name counts. */
  readonly settings: readonly string[];
  readonly logger: Logger;
}

/**
 * Runs PostgreSQL until `stop`. If it dies by itself, it is started again, after a wait that grows.
 * Resolves when it takes connections; throws an AppError if it cannot start.
 */
export async function superviseServer(
  options: ServerOptions,
): Promise<{ readonly stop: () => Promise<void> }> {
  const { logger } = options;
  const stopping = new AbortController();
  let current = await startServer(options);

  const supervise = async (): Promise<void> => {
    for (let failures = 0; ;) {
      await current.exited;
      if (stopping.signal.aborted) return;
      failures += 1;
      logger.error("PostgreSQL ended by itself; starting it again", { failures });
      await delay(backoffMs(RESTART, failures, Math.random()), undefined, {
        signal: stopping.signal,
      }).catch(() => {});
      if (stopping.signal.aborted) return;
      try {
        await clearStalePostmaster(options.cluster, logger);
        current = await startServer(options);
        failures = 0;
      } catch (error) {
        logger.error("PostgreSQL could not be started again", { error: messageOf(error) });
      }
    }
  };
  const ended = supervise();

  return {
    stop: async () => {
      stopping.abort();
      current.kill("SIGINT");
      const overdue = setTimeout(() => {
        logger.warning("PostgreSQL does not stop in good order; ending it at once");
        current.kill("SIGQUIT");
      }, FAST_STOP_MS);
      await current.exited;
      clearTimeout(overdue);
      await ended;
      // Started while stop was called.
      current.kill("SIGINT");
      await current.exited;
    },
  };
}

async function startServer(options: ServerOptions): Promise<PostgresProcess> {
  const { launch, cluster, sockets, logger } = options;
  let markReady: () => void = () => {};
  const ready = new Promise<"ready">((resolve) => {
    markReady = () => resolve("ready");
  });
  const server = startProgram(
    launch,
    "postgres",
    [
      "-D",
      cluster,
      "-k",
      sockets,
      ...[OWN_MARK, ...SETTINGS, ...options.settings].flatMap((setting) => ["-c", setting]),
    ],
    (line) => {
      if (line.includes("database system is ready to accept connections")) markReady();
      relayLine(logger, line);
    },
  );
  if ((await Promise.race([ready, server.exited])) === "ready") return server;
  throw new AppError(
    "database_unavailable",
    `PostgreSQL did not start on ${cluster}: ${server.output().trim().split("\n").slice(-6).join(" · ")}`,
  );
}

const SETTINGS = [
  "listen_addresses=",
  "unix_socket_permissions=0700",
  "max_connections=100",
  "shared_buffers=128MB",
  "wal_compression=on",
  // Plans are prepared once and short; compiling them costs more than it saves.
  "jit=off",
  "timezone=UTC",
  "log_timezone=UTC",
  // Errors of statements reach the client, and may hold values: not into the log.
  "log_min_messages=log",
  "log_min_error_statement=panic",
  `log_line_prefix=${LINE_PREFIX}`,
  "log_checkpoints=off",
  "logging_collector=off",
  "log_destination=stderr",
  "lc_messages=C",
] as const;
