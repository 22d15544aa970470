import { homedir } from "node:os";
import { join } from "node:path";
import type { Secrets } from "#server/api/authorize.ts";
import { readTlsFiles, type TlsFiles } from "#server/api/tls-files.ts";
import type { RestSettings } from "#server/api/rest/context.ts";
import type { EncryptionKeys } from "#server/store/secret-box.ts";
import type { Numbers } from "#server/transitions/context.ts";
import { invalidField } from "#shared/errors.ts";
import type { LogLevel, LoggerOptions } from "#shared/logger.ts";
import { resolveSettings, type SettingsSchema } from "#shared/settings.ts";
import { ENCRYPTION_SETTINGS, readEncryptionKeys } from "./encryption-settings.ts";
import { checkAuthString, requireAuth } from "./require-auth.ts";
import { REST_SETTINGS } from "./rest-settings.ts";

/** A span in seconds. */
function seconds(env: string, value: number, help: string, min = 0) {
  return {
    kind: "number",
    env: `SLUICE_SERVER_${env}_SECONDS`,
    default: value,
    min,
    help,
  } as const;
}

/** Every setting of the control plane. */
export const SERVER_SETTINGS = {
  host: {
    kind: "text",
    flag: "host",
    placeholder: "HOST",
    env: "SLUICE_SERVER_HOST",
    default: "127.0.0.1",
    help: "Address to listen on; one that is not loopback needs key and token, or --no-auth.",
  },
  port: {
    kind: "integer",
    flag: "port",
    placeholder: "PORT",
    env: "SLUICE_SERVER_PORT",
    default: 4200,
    min: 0,
    max: 65_535,
    help: "Port of HTTP; 0 takes any free one.",
  },
  grpcPort: {
    kind: "integer",
    flag: "grpc-port",
    placeholder: "PORT",
    env: "SLUICE_SERVER_GRPC_PORT",
    default: 4201,
    min: 0,
    max: 65_535,
    help: "Port of gRPC; 0 takes any free one.",
  },
  dataDir: {
    kind: "text",
    flag: "data-dir",
    placeholder: "DIR",
    env: "SLUICE_SERVER_DATA_DIR",
    help: "Folder of the embedded PostgreSQL; if not given, `postgres` in SLUICE_HOME.",
  },
  noAuth: {
    kind: "flag",
    flag: "no-auth",
    env: "SLUICE_SERVER_NO_AUTH",
    default: false,
    help: "Listen on any address without key and token: whoever reaches it may run code on your agents.",
  },
  tlsCert: {
    kind: "text",
    flag: "tls-cert",
    placeholder: "FILE",
    env: "SLUICE_SERVER_TLS_CERT",
    help: "Certificate chain of both ports, a PEM file.",
  },
  tlsKey: {
    kind: "text",
    flag: "tls-key",
    placeholder: "FILE",
    env: "SLUICE_SERVER_TLS_KEY",
    help: "Key of the certificate, a PEM file.",
  },
  home: {
    kind: "text",
    env: "SLUICE_HOME",
    help: "Folder for all files of Sluice; if not given, `.sluice` in the home folder.",
  },
  databaseUrl: {
    kind: "text",
    env: "SLUICE_DATABASE_URL",
    secret: true,
    help: "A PostgreSQL (14 or newer) to use instead of the embedded one, as postgres://USER:PASSWORD@HOST/DATABASE.",
  },
  databaseConnections: {
    kind: "integer",
    env: "SLUICE_SERVER_DATABASE_CONNECTIONS",
    default: 10,
    min: 2,
    max: 500,
    help: "Most database connections of this replica; four more are used for jobs and wake-ups.",
  },
  apiKey: {
    kind: "text",
    env: "SLUICE_SERVER_API_KEY",
    secret: true,
    help: "Key that clients must send; it opens everything.",
  },
  agentToken: {
    kind: "text",
    env: "SLUICE_SERVER_AGENT_TOKEN",
    secret: true,
    help: "Token that agents must send; it opens nothing but their own service.",
  },
  ...ENCRYPTION_SETTINGS,
  ...REST_SETTINGS,
  logLevel: {
    kind: "choice",
    env: "SLUICE_LOG_LEVEL",
    choices: ["debug", "info", "warning", "error"],
    default: "info",
    help: "What is logged: this level and worse.",
  },
  logFormat: {
    kind: "choice",
    env: "SLUICE_LOG_FORMAT",
    choices: ["text", "json"],
    default: "text",
    help: "Form of the log's lines.",
  },
  retentionDays: {
    kind: "integer",
    env: "SLUICE_SERVER_RETENTION_DAYS",
    default: 30,
    min: 1,
    max: 3650,
    help: "Days that lines, states and events are kept.",
  },
  accept: seconds(
    "ACCEPT_TIMEOUT",
    5,
    "Seconds after which a lease that no agent accepted is taken back.",
    0.1,
  ),
  heartbeat: seconds(
    "HEARTBEAT",
    10,
    "Seconds between the heartbeats of an agent. A pool with the loss policy reschedule needs a lost_after of four times this and 5 s.",
    0.1,
  ),
  missedHeartbeats: {
    kind: "integer",
    env: "SLUICE_SERVER_MISSED_HEARTBEATS",
    default: 3,
    min: 1,
    max: 100,
    help: "Heartbeats an agent may miss before its stream is dropped and it is OFFLINE; a Prefect worker likewise, by its own interval.",
  },
  stopGrace: seconds("STOP_GRACE", 30, "Seconds between TERM and KILL when an attempt is stopped."),
  lateAfter: seconds(
    "LATE_AFTER",
    15,
    "Seconds after its time at which a run that nobody started is Late.",
  ),
  cancelDeadline: seconds(
    "CANCEL_DEADLINE",
    300,
    "Seconds after which a run whose agent is lost, or that a Prefect worker has, is CANCELLED without their word.",
  ),
  outage: seconds(
    "OUTAGE",
    15,
    "Seconds without a commit of any replica after which all silence of agents is forgiven.",
    0.1,
  ),
  concurrencySlotWait: seconds(
    "CONCURRENCY_SLOT_WAIT",
    30,
    "Seconds a run waits that found its deployment full.",
    0.1,
  ),
  initialSlotLease: seconds(
    "INITIAL_SLOT_LEASE",
    300,
    "Seconds a deployment's slot is held until its engine first renews it.",
    1,
  ),
  stuckSend: seconds(
    "STUCK_SEND",
    1,
    "Seconds after which a lease that cannot be sent is taken back.",
    0.01,
  ),
  streamAge: seconds(
    "STREAM_AGE",
    3600,
    "Age in seconds, give or take a fifth, at which an agent's stream is renewed.",
    0.1,
  ),
  drain: seconds("DRAIN", 2, "Seconds agents may take to leave when the control plane stops."),
  poll: seconds(
    "POLL",
    15,
    "Seconds between looks for work and orders that no wake-up told of.",
    0.1,
  ),
} as const satisfies SettingsSchema;

/** What the control plane is started with: complete and checked. Spans are milliseconds. */
export interface ServerConfig {
  readonly host: string;
  readonly port: number;
  readonly grpcPort: number;
  /** Undefined: embedded. */
  readonly databaseUrl: string | undefined;
  readonly databaseConnections: number;
  readonly dataDirectory: string;
  readonly secrets: Secrets;
  readonly encryptionKeys: EncryptionKeys;
  readonly tls: TlsFiles | null;
  readonly rest: RestSettings;
  readonly retentionDays: number;
  readonly numbers: Numbers;
  readonly stuckSendMs: number;
  readonly streamAgeMs: number;
  readonly drainMs: number;
  readonly pollMs: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** How to log, before anything else is known. Throws an AppError that names what is wrong. */
export function readLogSettings(environment: Environment): Omit<LoggerOptions, "write"> {
  const { logLevel, logFormat } = SERVER_SETTINGS;
  const values = resolveSettings({ logLevel, logFormat }, {}, environment);
  const levels: readonly LogLevel[] = ["debug", "info", "warning", "error"];
  return {
    level: levels.find((level) => level === values.logLevel) ?? "info",
    format: values.logFormat === "json" ? "json" : "text",
  };
}

/** The configuration from flags, by setting name, and environment. Throws an AppError that names what is wrong. */
export function readServerConfig(
  flags: Readonly<Record<string, unknown>>,
  environment: Environment,
): ServerConfig {
  const values = resolveSettings(SERVER_SETTINGS, flags, environment);
  const { apiKey, agentToken } = values;
  const secrets = { apiKey, agentToken, authString: checkAuthString(values.authString) };
  requireAuth(values.host, values.noAuth, secrets);
  if (values.port === values.grpcPort && values.port !== 0) {
    throw invalidField("--grpc-port", `${values.grpcPort} is also --port; HTTP and gRPC need two`);
  }
  const home = values.home ?? join(environment["HOME"] ?? homedir(), ".sluice");
  return {
    host: values.host,
    port: values.port,
    grpcPort: values.grpcPort,
    databaseUrl: checkDatabaseUrl(values.databaseUrl),
    databaseConnections: values.databaseConnections,
    dataDirectory: values.dataDir ?? join(home, "postgres"),
    secrets,
    encryptionKeys: readEncryptionKeys(values, home),
    tls: readTlsFiles(values.tlsCert, values.tlsKey),
    rest: {
      pageLimit: values.pageLimit,
      reportedVersion: values.reportedVersion,
      csrfSeconds: values.csrf ? values.csrfLife : null,
    },
    retentionDays: values.retentionDays,
    numbers: {
      acceptTimeoutSeconds: values.accept,
      heartbeatSeconds: values.heartbeat,
      missedHeartbeats: values.missedHeartbeats,
      stopGraceSeconds: values.stopGrace,
      lateAfterSeconds: values.lateAfter,
      cancelDeadlineSeconds: values.cancelDeadline,
      outageSeconds: values.outage,
      concurrencySlotWaitSeconds: values.concurrencySlotWait,
      initialSlotLeaseSeconds: values.initialSlotLease,
    },
    stuckSendMs: values.stuckSend * 1000,
    streamAgeMs: values.streamAge * 1000,
    drainMs: values.drain * 1000,
    pollMs: values.poll * 1000,
  };
}

function checkDatabaseUrl(url: string | undefined): string | undefined {
  if (url === undefined || /^postgres(ql)?:\/\//.test(url)) return url;
  // The value is not shown: it may hold a password.
  throw invalidField("SLUICE_DATABASE_URL", "it does not begin with postgres:// or postgresql://");
}
