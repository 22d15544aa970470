import { deploymentNotFound, workPoolNotFound } from "#server/domain/not-found.ts";
import type { Queryable } from "#server/store/database.ts";
import { getDeployment } from "#server/store/deployments.ts";
import { getWorkPool, type LivenessNumbers } from "#server/store/work-pools.ts";
import { requireRunVariables } from "#server/transitions/pool-job-variables.ts";
import { AppError } from "#shared/errors.ts";
import { explainJob, type JobExplanation } from "#shared/job-template/explain.ts";
import { maskSecrets } from "#shared/job-template/mask-secrets.ts";
import { type JsonObject, parseJsonObject } from "#shared/json.ts";

/** Of which job a preview is wanted. */
export interface JobPreviewInput {
  readonly workPoolName: string;
  /** Id, or `FLOW/DEPLOYMENT`; null: none. */
  readonly deployment: string | null;
  readonly jobVariables: JsonObject;
}

/** A job configuration that may be shown. */
export interface JobPreview extends JobExplanation {
  /** Why a run with these variables would be refused, in words of no face; null: it would not. */
  readonly refusal: string | null;
}

/**
 * What a run's job would be made of, and who gave each value; secrets are masked. Nothing is
 * written. Throws not_found for a pool or deployment that there is not.
 */
export async function previewJob(
  db: Queryable,
  numbers: LivenessNumbers,
  { workPoolName, deployment: idOrName, jobVariables }: JobPreviewInput,
): Promise<JobPreview> {
  const pool = await getWorkPool(db, workPoolName, numbers);
  if (pool === undefined) throw workPoolNotFound(workPoolName);
  const deployment =
    idOrName === null ? undefined : await getDeployment(db, idOrName, "deployment");
  if (idOrName !== null && deployment === undefined) throw deploymentNotFound(idOrName);
  const input = {
    baseJobTemplate: parseJsonObject("base_job_template", pool.baseJobTemplate),
    deploymentJobVariables: parseJsonObject("job_variables", deployment?.jobVariables ?? ""),
    jobVariables,
  };
  return { ...explainJob(maskSecrets(input)), refusal: refusalOf(input) };
}

function refusalOf(input: {
  readonly baseJobTemplate: JsonObject;
  readonly deploymentJobVariables: JsonObject;
  readonly jobVariables: JsonObject;
}): string | null {
  try {
    requireRunVariables(input.baseJobTemplate, input.deploymentJobVariables, input.jobVariables);
    return null;
  } catch (error) {
    // The field has this name in gRPC's requests only.
    if (error instanceof AppError)
      return error.message.replace(/^job_variables_json\b/, "job_variables");
    throw error;
  }
}
