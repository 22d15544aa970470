import { createAuthorize } from "#server/api/authorize.ts";
import { AgentSessions } from "#server/api/grpc/agent-sessions.ts";
import { type GrpcServer, startGrpcServer } from "#server/api/grpc/server.ts";
import { createMetrics } from "#server/api/http/metrics.ts";
import { type HttpServer, startHttpServer } from "#server/api/http/server.ts";
import { Serving } from "#server/api/rest/serving.ts";
import { Dispatcher } from "#server/loops/dispatcher.ts";
import { LivenessRecorder } from "#server/loops/liveness-recorder.ts";
import { StopCourier } from "#server/loops/stop-courier.ts";
import { openDatabase } from "#server/store/database.ts";
import { startEmbeddedPostgres } from "#server/store/embedded-postgres.ts";
import { startJobs } from "#server/store/jobs.ts";
import { type AgentHoldings, auditSlots } from "#server/store/slot-audit.ts";
import { startListener } from "#server/store/listener.ts";
import { migrate } from "#server/store/migrate.ts";
import { ensurePartitions } from "#server/store/partitions.ts";
import { SecretBox } from "#server/store/secret-box.ts";
import { WakeUps } from "#server/store/wake-ups.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { installBlockTypes } from "#server/transitions/install-block-types.ts";
import { sweep } from "#server/transitions/sweep.ts";
import { newId } from "#shared/ids.ts";
import { Lifecycle } from "#shared/lifecycle.ts";
import type { Logger } from "#shared/logger.ts";
import { VERSION } from "#shared/version.ts";
import type { ServerConfig } from "./config.ts";
import { explainPort, requireFreePort } from "./ports.ts";
import { Readiness } from "./readiness.ts";

/** Most time between two statements that store who is alive. Milliseconds. */
const LIVENESS_MS = 5_000;

/** How long transactions may take to finish when the control plane stops. Milliseconds. */
const FINISH_MS = 5_000;

/** A control plane that serves. */
export interface RunningServer {
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Where its database is, for people; without secrets. */
  readonly database: string;
  /** Stops everything in order. Stopping twice waits for the first. */
  stop(): Promise<void>;
}

/** Starts everything in order, or undoes what was started and throws. */
export async function startServer(config: ServerConfig, logger: Logger): Promise<RunningServer> {
  const lifecycle = new Lifecycle(logger);
  const step = (name: string, stop: () => Promise<void> | void): void =>
    lifecycle.onStop(name, async () => {
      logger.info("shutting down", { step: name });
      await stop();
    });
  try {
    return await start(config, logger, step, () => lifecycle.stop());
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

async function start(
  config: ServerConfig,
  logger: Logger,
  step: (name: string, stop: () => Promise<void> | void) => void,
  stop: () => Promise<void>,
): Promise<RunningServer> {
  const startedAt = new Date();
  const readiness = new Readiness();
  const authorize = createAuthorize(config.secrets);
  await requireFreePort(config.host, config.grpcPort, "grpc-port");
  const readReadiness = (): Promise<string[]> => readiness.reasons();
  const serving = new Serving(config.rest, readReadiness);
  let connected = (): AgentHoldings[] => [];
  const metrics = createMetrics({
    agents: () => connected(),
    audit: () => {
      const { pool, numbers } = serving.transitions;
      return auditSlots(pool, connected(), numbers.heartbeatSeconds * 2);
    },
  });
  const http = await listenHttp(config, {
    authorize,
    logger,
    readReadiness,
    metrics,
    rest: serving,
  });
  step("close the HTTP port", () => http.stop());

  const database = await reachDatabase(config, logger, step);
  const pool = openDatabase({
    url: database.url,
    maxConnections: config.databaseConnections,
    logger,
  });
  // Waits for transactions that are under way, but not for a database that answers no more.
  step("finish transactions", () => waitFor(pool.end(), FINISH_MS));
  const schemaVersion = await migrated(database.url, logger);
  await ensurePartitions(pool, config);

  const wakeUps = new WakeUps(newId());
  const listener = await startListener({ url: database.url, wakeUps, logger });
  step("stop listening for wake-ups", () => listener.stop());

  const context = Promise.withResolvers<TransitionContext>();
  const jobs = await startJobs({
    url: database.url,
    logger,
    handlers: {
      sweep: async () => sweep(await context.promise),
      partitions: () => ensurePartitions(pool, config),
    },
  });
  step("stop the jobs", () => jobs.stop());
  const secretBox = new SecretBox(config.encryptionKeys);
  const { numbers } = config;
  const ctx: TransitionContext = { pool, jobs, wakeUps, secretBox, logger, numbers };
  await installBlockTypes(ctx);
  context.resolve(ctx);

  const sessions = new AgentSessions(ctx);
  connected = () => sessions.holdings();
  const everyMs = Math.min(LIVENESS_MS, config.numbers.heartbeatSeconds * 500);
  const recorder = new LivenessRecorder(ctx, sessions, everyMs);
  step("stop recording who is alive", () => recorder.stop());
  const courier = new StopCourier(ctx, sessions, config.pollMs);
  step("stop bringing stop orders", () => courier.stop());

  const grpc = await listenGrpc(config, logger, {
    authorize,
    ctx,
    sessions,
    info: {
      version: VERSION,
      schemaVersion,
      replicaId: wakeUps.replicaId,
      startedAt,
      embeddedDatabase: config.databaseUrl === undefined,
    },
  });
  step("send agents away and close the gRPC port", () => grpc.stop());
  const dispatcher = new Dispatcher({ ctx, sink: sessions, pollMs: config.pollMs });
  step("stop granting leases", () => dispatcher.stop());
  readiness.up(pool);
  serving.begin(ctx);
  step("refuse new work", () => {
    readiness.stopping();
    serving.end();
  });
  return { httpPort: http.port, grpcPort: grpc.port, database: database.shown, stop };
}

async function reachDatabase(
  config: ServerConfig,
  logger: Logger,
  step: (name: string, stop: () => Promise<void>) => void,
): Promise<{ url: string; shown: string }> {
  const { databaseUrl: url, dataDirectory } = config;
  if (url !== undefined) return { url, shown: `PostgreSQL at ${withoutSecrets(url)}` };
  const postgres = await startEmbeddedPostgres({ dataDirectory, logger });
  step("stop PostgreSQL", () => postgres.stop());
  return { url: postgres.url, shown: `embedded PostgreSQL in ${dataDirectory}` };
}

/** Brings the schema up to date, on a connection of its own because a step may take long. */
async function migrated(url: string, logger: Logger): Promise<number> {
  const pool = openDatabase({ url, maxConnections: 1, logger, statementMs: 0 });
  try {
    return (await migrate(pool, logger)).version;
  } finally {
    await pool.end();
  }
}

async function listenHttp(
  config: ServerConfig,
  parts: Omit<Parameters<typeof startHttpServer>[0], "host" | "port" | "tls">,
): Promise<HttpServer> {
  const { host, port, tls } = config;
  try {
    return await startHttpServer({ host, port, tls, ...parts });
  } catch (error) {
    throw explainPort(error, host, port, "port");
  }
}

async function listenGrpc(
  config: ServerConfig,
  logger: Logger,
  parts: Pick<Parameters<typeof startGrpcServer>[0], "authorize" | "ctx" | "sessions" | "info">,
): Promise<GrpcServer> {
  const { host, grpcPort: port, tls, numbers } = config;
  const sessionNumbers = {
    heartbeatMs: numbers.heartbeatSeconds * 1000,
    missedHeartbeats: numbers.missedHeartbeats,
    stopGraceMs: numbers.stopGraceSeconds * 1000,
    maxAgeMs: config.streamAgeMs,
    stuckSendMs: config.stuckSendMs,
  };
  const { drainMs } = config;
  try {
    return await startGrpcServer({ host, port, tls, logger, sessionNumbers, drainMs, ...parts });
  } catch (error) {
    throw explainPort(error, host, port, "grpc-port");
  }
}

/** Waits for it, but no longer than that; no timer is left that would keep the program alive. */
async function waitFor(work: Promise<void>, atMostMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, atMostMs);
  await Promise.race([work, promise]);
  clearTimeout(timer);
}

/** Host and database of a URL, which may hold a password. */
function withoutSecrets(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
