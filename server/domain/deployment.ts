import { invalidField } from "#shared/errors.ts";
import { mergeJobVariables } from "#shared/job-template/job-variables.ts";
import { resolveJobConfiguration } from "#shared/job-template/resolve.ts";
import { type JsonObject, ownValue } from "#shared/json.ts";
import type { FlowRunKind } from "./flow-run.ts";

/** What decides how a run is executed. */
export interface FlowRunKindInput {
  readonly entrypoint: string | null;
  /** `{}` for a run in no pool. */
  readonly baseJobTemplate: JsonObject;
  readonly deploymentJobVariables: JsonObject;
  readonly jobVariables: JsonObject;
}

/**
 * How a run is executed: by an engine if the deployment has an entrypoint, else as the command that
 * the job variable `command` gives (template default, then deployment, then run). Throws an
 * invalid_argument if there is neither.
 */
export function flowRunKind(input: FlowRunKindInput): FlowRunKind {
  if (input.entrypoint !== null && input.entrypoint !== "") return "engine";
  // Only the agent knows its environment: what is taken from there counts as given.
  const configuration = resolveJobConfiguration({ ...input, environment: (name) => `$${name}` });
  const command = ownValue(configuration, "command") ?? commandOf(input);
  if (typeof command === "string" && command !== "") return "command";
  throw invalidField(
    "job_variables.command",
    "there is nothing to run: the deployment has no entrypoint, and no job variable 'command' is " +
      "set by the pool, the deployment or the run; set one of them",
  );
}

/** The command of a run whose pool has no template to put it into. */
function commandOf(input: FlowRunKindInput): unknown {
  if (Object.keys(input.baseJobTemplate).length > 0) return undefined;
  return ownValue(mergeJobVariables(input.deploymentJobVariables, input.jobVariables), "command");
}
