import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { grpcUrlFrom } from "#shared/control-plane-address.ts";
import { invalidField } from "#shared/errors.ts";
import { requireName } from "#shared/names.ts";
import { resolveSettings, type SettingsOf, type SettingsSchema } from "#shared/settings.ts";

/** Every setting of the agent: flag, variable, default and help in one place. */
export const AGENT_SETTINGS = {
  workPool: {
    kind: "text",
    flag: "pool",
    placeholder: "NAME",
    env: "SLUICE_AGENT_POOL",
    help: "Work pool to take runs from. Required.",
  },
  name: {
    kind: "text",
    flag: "name",
    placeholder: "NAME",
    env: "SLUICE_AGENT_NAME",
    help: "Name of this agent. Default: the host name, or the first of HOST-2, HOST-3, … that is free.",
  },
  workQueues: {
    kind: "list",
    flag: "work-queue",
    placeholder: "NAME",
    env: "SLUICE_AGENT_WORK_QUEUES",
    default: [],
    help: "Take runs from this work queue only; may be repeated. Default: all queues of the pool.",
  },
  type: {
    kind: "text",
    flag: "type",
    placeholder: "TYPE",
    env: "SLUICE_AGENT_TYPE",
    help: "Type the pool must have. Default: whatever it has; this agent runs the type 'process'.",
  },
  limit: {
    kind: "integer",
    flag: "limit",
    placeholder: "N",
    env: "SLUICE_AGENT_LIMIT",
    min: 1,
    max: 1_000_000,
    help: "Runs at the same time. Default: no limit.",
  },
  prefetchSeconds: {
    kind: "number",
    flag: "prefetch-seconds",
    placeholder: "S",
    env: "SLUICE_AGENT_PREFETCH_SECONDS",
    default: 10,
    min: 0,
    max: 3600,
    help: "Seconds before its time that a run may be fetched. It starts when it is due.",
  },
  createPool: {
    kind: "flag",
    flag: "create-pool-if-not-found",
    env: "SLUICE_AGENT_CREATE_POOL",
    default: false,
    help: "Create the pool, of the type process, if it does not exist.",
  },
  runOnce: {
    kind: "flag",
    flag: "run-once",
    env: "SLUICE_AGENT_RUN_ONCE",
    default: false,
    help: "Take what can start now, finish it, and exit.",
  },
  stateDirectory: {
    kind: "text",
    flag: "state-dir",
    placeholder: "DIR",
    env: "SLUICE_AGENT_STATE_DIR",
    help: "Where this agent keeps its journal and runs. Default: under SLUICE_HOME/agents.",
  },
  home: {
    kind: "text",
    env: "SLUICE_HOME",
    help: "Where Sluice keeps its files. Default: ~/.sluice.",
  },
  grpcUrl: {
    kind: "text",
    env: "SLUICE_GRPC_URL",
    help: "The control plane's gRPC address; https:// for TLS. Default: one port above SLUICE_API_URL.",
  },
  apiUrl: {
    kind: "text",
    env: "SLUICE_API_URL",
    default: "http://127.0.0.1:4200",
    help: "The control plane's HTTP address, also handed on to runs.",
  },
  token: {
    kind: "text",
    env: "SLUICE_AGENT_TOKEN",
    aliases: ["SLUICE_API_KEY"],
    secret: true,
    help: "Token that the control plane asks of agents. Default: SLUICE_API_KEY.",
  },
  caFile: {
    kind: "text",
    env: "SLUICE_TLS_CA_FILE",
    help: "PEM file of the authorities to trust. Default: the system's.",
  },
  logLevel: {
    kind: "choice",
    env: "SLUICE_LOG_LEVEL",
    choices: ["debug", "info", "warning", "error"],
    default: "info",
    help: "How much is logged.",
  },
  logFormat: {
    kind: "choice",
    env: "SLUICE_LOG_FORMAT",
    choices: ["text", "json"],
    default: "text",
    help: "How log lines look.",
  },
} as const satisfies SettingsSchema;

/** The settings with their values. */
export type AgentSettings = SettingsOf<typeof AGENT_SETTINGS> & {
  readonly workPool: string;
  readonly grpcUrl: string;
};

/**
 * Reads and checks the settings. Throws an AppError that names flag or variable, the value and the
 * way out.
 */
export function readAgentSettings(
  flags: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): AgentSettings {
  const settings = resolveSettings(AGENT_SETTINGS, flags, environment);
  const { workPool, name } = settings;
  if (workPool === undefined) {
    throw invalidField("--pool", "no work pool is given; use --pool NAME or set SLUICE_AGENT_POOL");
  }
  requireName("--pool", workPool);
  if (name !== undefined) requireName("--name", name);
  for (const queue of settings.workQueues) requireName("--work-queue", queue);
  readUrl("SLUICE_API_URL", settings.apiUrl);
  const grpcUrl = grpcUrlFrom(settings.grpcUrl, settings.apiUrl);
  readUrl("SLUICE_GRPC_URL", grpcUrl);
  return { ...settings, workPool, grpcUrl };
}

/** A URL of http or https. Throws an AppError that names the setting. */
export function readUrl(setting: string, text: string): URL {
  const url = URL.parse(text);
  if (
    url === null ||
    (url.protocol !== "http:" && url.protocol !== "https:") ||
    url.hostname === ""
  ) {
    throw invalidField(
      setting,
      `'${text}' is no address; write it as http://HOST:PORT or https://HOST:PORT`,
    );
  }
  return url;
}

/** Parent of the state directories of all agents. */
export function agentsDirectory({ home }: Pick<AgentSettings, "home">): string {
  return resolve(home ?? join(homedir(), ".sluice"), "agents");
}
