import { FlowRunKind } from "#proto/sluice/v1/flow_run.ts";
import type { Lease } from "#proto/sluice/v1/lease.ts";
import { invalidField } from "#shared/errors.ts";
import { type PreparedJob, prepareJob } from "#shared/job-template/prepare.ts";
import { mayHaveReferences, readReferences } from "#shared/job-template/references.ts";
import type { Environment } from "#shared/job-template/substitute.ts";
import { isJsonArray, kindOfJson, parseJson, parseJsonObject } from "#shared/json.ts";
import { VERSION } from "#shared/version.ts";
import type { Job } from "./infrastructure/driver.ts";

/** What is the same for all jobs of an agent. */
export interface JobSurroundings {
  readonly workPoolName: string;
  readonly agentName: string;
  /** Set for every job, such as the addresses of the control plane. */
  readonly settings: Readonly<Record<string, string>>;
  /** For `{{ $NAME }}` in a template; without secrets. */
  readonly environment: Environment;
}

/** What a lease asks to run. Throws an AppError that tells a user what is wrong with it. */
export function resolveJob(lease: Lease, surroundings: JobSurroundings): Job {
  const parameters = parseJsonObject("parameters", lease.parametersJson);
  refusePullSteps(lease);
  const prepared = prepareJob(
    {
      baseJobTemplate: parseJsonObject("base_job_template", lease.baseJobTemplateJson),
      deploymentJobVariables: parseJsonObject(
        "the deployment's job_variables",
        lease.deploymentJobVariablesJson,
      ),
      jobVariables: parseJsonObject("job_variables", lease.jobVariablesJson),
      environment: surroundings.environment,
    },
    {
      flowRunId: lease.ref?.flowRunId ?? "",
      flowRunName: lease.flowRunName,
      flowId: lease.flowId,
      flowName: lease.flowName,
      deploymentId: lease.deploymentId || null,
      deploymentName: lease.deploymentName || null,
      workPoolName: surroundings.workPoolName,
      agentName: surroundings.agentName,
      version: VERSION,
      epoch: lease.ref?.epoch ?? 0,
      attempt: lease.attempt,
      parameters,
      settings: surroundings.settings,
    },
    readReferences(parseJsonObject("references", lease.referencesJson)),
  );
  return {
    command: requireCommand(prepared, lease),
    env: prepared.env,
    unsetEnv: prepared.unsetEnv,
    parametersJson: lease.parametersJson.trim() || "{}",
    workingDirectory: readWorkingDirectory(prepared),
    keepOutput: readStreamOutput(prepared),
  };
}

/** Why such a lease goes back. */
export const REFERENCES_GONE = "the agent started anew, and keeps no secrets on its disk";

/** Whether a lease that the journal kept may need what it does not keep. */
export function lacksReferences(lease: Lease): boolean {
  const { baseJobTemplateJson, deploymentJobVariablesJson, jobVariablesJson } = lease;
  return (
    lease.referencesJson === "" &&
    mayHaveReferences([baseJobTemplateJson, deploymentJobVariablesJson, jobVariablesJson])
  );
}

function requireCommand({ command }: PreparedJob, lease: Lease): string {
  if (command !== null) return command;
  if (lease.kind === FlowRunKind.ENGINE) {
    throw invalidField(
      "command",
      `the flow has the entrypoint '${lease.entrypoint}' but no command that runs it; set the job variable 'command'`,
    );
  }
  throw invalidField(
    "command",
    "no command is left after resolving the job configuration; set the job variable 'command'",
  );
}

function refusePullSteps({ pullStepsJson }: Lease): void {
  if (pullStepsJson.trim() === "") return;
  const steps = parseJson("pull_steps", pullStepsJson);
  if (!isJsonArray(steps) || steps.length > 0) {
    throw invalidField(
      "pull_steps",
      "this agent performs none; put the code on its host and set working_dir",
    );
  }
}

function readWorkingDirectory({ settings }: PreparedJob): string | null {
  const value = settings["working_dir"] ?? null;
  if (value === null || value === "") return null;
  if (typeof value === "string") return value;
  throw invalidField("job_configuration.working_dir", `must be a path, not ${kindOfJson(value)}`);
}

function readStreamOutput({ settings }: PreparedJob): boolean {
  const value = settings["stream_output"] ?? true;
  if (typeof value === "boolean") return value;
  throw invalidField(
    "job_configuration.stream_output",
    `must be true or false, not ${kindOfJson(value)}`,
  );
}
