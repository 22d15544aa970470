import { flowRunNotFound } from "#server/domain/not-found.ts";
import { parseParameters } from "#server/domain/parameters.ts";
import { lockFlowRuns, type LockedFlowRun } from "#server/store/flow-run-changes.ts";
import { deploymentsForRuns } from "#server/store/flow-run-creation.ts";
import {
  type FlowRunUpdate,
  mergeFlowRunLabels,
  updateFlowRunRow,
} from "#server/store/flow-run-updates.ts";
import { inTransaction, type Tx } from "#server/store/transaction.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import type { JsonObject } from "#shared/json.ts";
import { requireStorableJson, requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";
import { requireRunVariables } from "./pool-job-variables.ts";

const MOST_RETRIES = 2_147_483_647;

/**
 * Changes what is given of a run, never its state. Job variables may change as long as nobody has
 * taken the run, if it has a deployment. Throws not_found, or an invalid_argument with the field.
 */
export async function updateFlowRun(
  ctx: TransitionContext,
  id: string,
  update: FlowRunUpdate,
): Promise<void> {
  requireStorable(update);
  await inTransaction(ctx.pool, async (tx) => {
    const run = (await lockFlowRuns(tx, [id])).get(id);
    if (run === undefined) throw flowRunNotFound(id);
    if (update.jobVariables !== undefined)
      await requireVariables(ctx, tx, run, update.jobVariables);
    await updateFlowRunRow(tx, id, update);
  });
  ctx.wakeUps.emit("flowRun", id);
}

/** Adds labels to a run's. Throws not_found. */
export async function updateFlowRunLabels(
  ctx: TransitionContext,
  id: string,
  labels: JsonObject,
): Promise<void> {
  requireStorableJson("labels", labels);
  const found = await inTransaction(ctx.pool, (tx) => mergeFlowRunLabels(tx, id, labels));
  if (!found) throw flowRunNotFound(id);
}

function requireStorable(update: FlowRunUpdate): void {
  const { name, infrastructureId, flowVersion, retries, retryDelaySeconds } = update;
  if (name !== undefined) {
    requireStorableText("name", name);
    if (name === "") throw invalidField("name", "it is empty; give at least one character");
  }
  requireStorableText("infrastructure_pid", infrastructureId ?? "");
  requireStorableText("flow_version", flowVersion ?? "");
  for (const tag of update.tags ?? []) requireStorableText("tags", tag);
  if (retries !== undefined && !(retries >= 0 && retries <= MOST_RETRIES)) {
    throw invalidField("empirical_policy.retries", `${retries} is out of range; give 0 or more`);
  }
  if (retryDelaySeconds !== undefined && !(retryDelaySeconds >= 0)) {
    const field = "empirical_policy.retry_delay";
    throw invalidField(field, `${retryDelaySeconds} is out of range; give seconds from 0`);
  }
  if (update.parameters !== undefined) {
    const { value } = parseParameters("parameters", update.parameters);
    requireStorableJson("parameters", value);
  }
  if (update.jobVariables !== undefined) requireStorableJson("job_variables", update.jobVariables);
}

async function requireVariables(
  ctx: TransitionContext,
  tx: Tx,
  run: LockedFlowRun,
  variables: JsonObject,
): Promise<void> {
  if (run.stateType !== "SCHEDULED") {
    throw new AppError(
      "protocol_violation",
      `job_variables: the run is ${run.stateName}; they can only be changed while it is SCHEDULED.`,
    );
  }
  const ids = run.deploymentId === null ? [] : [{ id: run.deploymentId }];
  const [deployment] = await deploymentsForRuns(tx, ids, ctx.numbers.missedHeartbeats);
  if (deployment === undefined) {
    throw new AppError(
      "protocol_violation",
      "job_variables: the run has no deployment; only runs of a deployment have them changed.",
    );
  }
  requireRunVariables(deployment.baseJobTemplate ?? {}, deployment.jobVariables, variables);
}
