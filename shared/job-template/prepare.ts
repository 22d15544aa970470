import { invalidField } from "#shared/errors.ts";
import {
  isJsonObject,
  type JsonObject,
  jsonAsText,
  type JsonValue,
  kindOfJson,
  ownValue,
} from "#shared/json.ts";
import { findPlaceholders, type Placeholder, replacePlaceholders } from "./placeholder.ts";
import { fillReferences, NO_REFERENCES, type ResolvedReferences } from "./references.ts";
import { resolveJobConfiguration, type TemplateInput } from "./resolve.ts";
import { valueAt } from "./substitute.ts";

/** The run a job is prepared for. Null: there is none, or it is not known. */
export interface JobContext {
  readonly flowRunId: string;
  readonly flowRunName: string;
  readonly flowId: string;
  readonly flowName: string;
  readonly deploymentId: string | null;
  readonly deploymentName: string | null;
  readonly workPoolName: string;
  readonly agentName: string;
  /** Version of the agent. */
  readonly version: string;
  readonly epoch: number;
  readonly attempt: number;
  readonly parameters: JsonObject;
  /** Set for every job before anything else, such as the addresses of the control plane. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A job, ready for an infrastructure driver. */
export interface PreparedJob {
  /** Null: none was configured. */
  readonly command: string | null;
  readonly name: string;
  /** What the job's environment gets on top of what the infrastructure gives. */
  readonly env: Readonly<Record<string, string>>;
  /** Names a user set to null: they must not be inherited from the infrastructure either. */
  readonly unsetEnv: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** The other keys of the job configuration, which the driver of the type reads. */
  readonly settings: JsonObject;
}

const OURS: ReadonlySet<string> = new Set(["command", "name", "env", "labels"]);

/**
 * Resolves the template and prepares it for one run. Throws an invalid_argument that names the key
 * of the job configuration, and shows no value, if one has a wrong type or refers to a block or
 * variable that is not among the references.
 */
export function prepareJob(
  template: TemplateInput,
  context: JobContext,
  references: ResolvedReferences = NO_REFERENCES,
): PreparedJob {
  const configuration = fillReferences(resolveJobConfiguration(template), references);
  const env = readEnv(configuration);
  const ownEnv = Object.entries({ ...context.settings, ...identityEnv(context), ...env });
  return {
    command: readText(configuration, "command") || null,
    name: renderName(readText(configuration, "name") ?? "", context) || context.flowRunName,
    env: Object.fromEntries(ownEnv.filter((entry): entry is [string, string] => entry[1] !== null)),
    unsetEnv: ownEnv.filter(([, value]) => value === null).map(([name]) => name),
    labels: { ...identityLabels(context), ...readLabels(configuration) },
    settings: Object.fromEntries(Object.entries(configuration).filter(([key]) => !OURS.has(key))),
  };
}

function identityEnv(context: JobContext): Record<string, string> {
  return known({
    SLUICE_FLOW_RUN_ID: context.flowRunId,
    SLUICE_FLOW_RUN_NAME: context.flowRunName,
    SLUICE_FLOW_ID: context.flowId,
    SLUICE_FLOW_NAME: context.flowName,
    SLUICE_DEPLOYMENT_ID: context.deploymentId,
    SLUICE_DEPLOYMENT_NAME: context.deploymentName,
    SLUICE_AGENT_NAME: context.agentName,
    SLUICE_EPOCH: String(context.epoch),
    SLUICE_ATTEMPT: String(context.attempt),
  });
}

function identityLabels(context: JobContext): Record<string, string> {
  return known({
    "sluice.io/flow-run-id": context.flowRunId,
    "sluice.io/flow-run-name": context.flowRunName,
    "sluice.io/epoch": String(context.epoch),
    "sluice.io/version": context.version,
    "sluice.io/work-pool-name": context.workPoolName,
    "sluice.io/agent-name": context.agentName,
    "sluice.io/flow-id": context.flowId,
    "sluice.io/flow-name": context.flowName,
    "sluice.io/deployment-id": context.deploymentId,
    "sluice.io/deployment-name": context.deploymentName,
  });
}

function known(values: Record<string, string | null>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== null),
  );
}

/**
 * The name with `{{ ctx.flow.… }}` and `{{ ctx.flow_run.… }}` filled. A path that leads nowhere is
 * nothing within a text, and stays as it is alone.
 */
function renderName(name: string, context: JobContext): string {
  const values: JsonObject = {
    ctx: {
      flow: { id: context.flowId, name: context.flowName },
      flow_run: {
        id: context.flowRunId,
        name: context.flowRunName,
        flow_id: context.flowId,
        deployment_id: context.deploymentId,
        parameters: context.parameters,
        run_count: context.attempt,
      },
    },
  };
  const [first] = findPlaceholders(name);
  const fill = (found: Placeholder): string => {
    if (!/^ctx\.(flow|flow_run)(\.|$)/.test(found.name)) return found.text;
    const value = valueAt(values, found.name);
    if (value === undefined || value === null) return first?.text === name ? name : "";
    return jsonAsText(value);
  };
  return replacePlaceholders(name, fill);
}

function readText(configuration: JsonObject, key: string): string | null {
  const value = ownValue(configuration, key) ?? null;
  if (value !== null && typeof value !== "string") throw wrongType(key, "a text", value);
  return value;
}

function readEnv(configuration: JsonObject): Record<string, string | null> {
  const env = ownValue(configuration, "env") ?? {};
  if (!isJsonObject(env)) throw wrongType("env", "an object of texts", env);
  for (const name of Object.keys(env)) {
    if (name === "" || name.includes("=") || name.includes("\0")) {
      throw invalidField("job_configuration.env", `'${name}' cannot name an environment variable`);
    }
  }
  return Object.fromEntries(
    Object.entries(env).map(([name, value]) => [name, value === null ? null : jsonAsText(value)]),
  );
}

function readLabels(configuration: JsonObject): Record<string, string> {
  const labels = ownValue(configuration, "labels") ?? {};
  if (!isJsonObject(labels)) throw wrongType("labels", "an object of texts", labels);
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [name, jsonAsText(value)]),
  );
}

function wrongType(key: string, wanted: string, value: JsonValue): Error {
  return invalidField(
    `job_configuration.${key}`,
    // Not the value itself: it may be that of a block, which nobody must see.
    `must be ${wanted}, not ${kindOfJson(value)}`,
  );
}
