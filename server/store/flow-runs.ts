import { deploymentNotFound } from "#server/domain/not-found.ts";
import type { FlowRunKind } from "#server/domain/flow-run.ts";
import type { Millis } from "#server/domain/state.ts";
import { isUuid } from "#shared/ids.ts";
import type { StateType } from "#shared/states.ts";
import type { Queryable, Statement } from "./database.ts";
import { getDeployment } from "./deployments.ts";
import pageActiveSql from "./sql/flow-run-page-active.sql" with { type: "text" };
import pageOfDeploymentSql from "./sql/flow-run-page-of-deployment.sql" with { type: "text" };
import pageOfFlowsSql from "./sql/flow-run-page-of-flows.sql" with { type: "text" };
import pageSql from "./sql/flow-run-page.sql" with { type: "text" };
import flowRunReadSql from "./sql/flow-run-read.sql" with { type: "text" };
import type { LivenessNumbers } from "./work-pools.ts";

/** A run as it is shown. JSON as text, the parameters as they were given. */
export interface FlowRunView {
  readonly id: string;
  readonly name: string;
  readonly flowId: string;
  readonly flowName: string;
  readonly deploymentId: string | null;
  /** `FLOW/DEPLOYMENT`; null for an ad hoc run or once the deployment is deleted. */
  readonly deploymentName: string | null;
  readonly workPoolId: string | null;
  readonly workPoolName: string | null;
  readonly workQueueName: string | null;
  readonly kind: FlowRunKind;
  readonly stateId: string;
  readonly stateType: StateType;
  readonly stateName: string;
  readonly stateAt: Millis;
  readonly stateMessage: string | null;
  readonly runCount: number;
  readonly epoch: number;
  readonly parameters: string;
  readonly jobVariables: string;
  readonly tags: readonly string[];
  readonly idempotencyKey: string | null;
  readonly createdAt: Millis;
  readonly nextStartAt: Millis | null;
  readonly expectedStartAt: Millis | null;
  readonly startAt: Millis | null;
  readonly endAt: Millis | null;
  readonly totalRunSeconds: number;
  /** The agent that holds it now or held it last; null if none did. */
  readonly agentName: string | null;
  readonly infrastructureId: string | null;
  readonly retries: number;
  readonly retryDelaySeconds: number;
  /** Its lease is held by an agent that has been silent for too long. */
  readonly unreachable: boolean;
}

/** The ids between two, both included. */
export interface IdRange {
  readonly from: string;
  readonly to: string;
}

/** Which runs: filters joined by and, the values of one by or, `tags` by and. Empty: no filter. */
export interface FlowRunFilter {
  readonly stateTypes: readonly StateType[];
  readonly stateNames: readonly string[];
  readonly flowNames: readonly string[];
  /** Id, or `FLOW/DEPLOYMENT`; null: of all. */
  readonly deployment: string | null;
  /** Null: of all pools and of none. */
  readonly workPoolName: string | null;
  readonly tags: readonly string[];
  readonly names: readonly string[];
  /** Null: whatever their id. */
  readonly ids: IdRange | null;
  readonly limit: number;
  /** The last id of the page before. */
  readonly before: string | null;
}

/** The run of that id; undefined if there is none. */
export async function getFlowRun(
  db: Queryable,
  id: string,
  numbers: LivenessNumbers,
): Promise<FlowRunView | undefined> {
  const [run] = await getFlowRuns(db, [id], numbers);
  return run;
}

/** The runs of these ids, in their order; those that do not exist are left out. */
export async function getFlowRuns(
  db: Queryable,
  ids: readonly string[],
  numbers: LivenessNumbers,
): Promise<FlowRunView[]> {
  const { rows } = await db.query<FlowRunView>({
    name: "flow-run-read",
    text: flowRunReadSql,
    values: [ids, numbers.missedHeartbeats],
  });
  return rows;
}

/**
 * A page of runs, the newest first. Throws not_found for a deployment that does not exist, and
 * invalid_argument for one that is named neither by an id nor by `FLOW/DEPLOYMENT`.
 */
export async function listFlowRuns(
  db: Queryable,
  filter: FlowRunFilter,
  numbers: LivenessNumbers,
): Promise<FlowRunView[]> {
  const deploymentId = await findDeploymentId(db, filter.deployment);
  const { rows } = await db.query<{ id: string }>(pageStatement(filter, deploymentId));
  const ids = rows.map(({ id }) => id);
  return ids.length === 0 ? [] : getFlowRuns(db, ids, numbers);
}

const ACTIVE: ReadonlySet<StateType> = new Set(["PENDING", "RUNNING", "CANCELLING"]);

/** The statement whose index fits what is asked for. */
function pageStatement(filter: FlowRunFilter, deploymentId: string | null): Statement {
  const values: unknown[] = [
    filter.before,
    orNull(filter.stateTypes),
    orNull(filter.stateNames),
    filter.workPoolName,
    orNull(filter.tags),
    filter.limit,
    filter.ids?.from ?? null,
    filter.ids?.to ?? null,
    orNull(filter.names),
  ];
  if (deploymentId !== null) {
    return {
      name: "flow-run-page-of-deployment",
      text: pageOfDeploymentSql,
      values: [...values, deploymentId, orNull(filter.flowNames)],
    };
  }
  if (filter.flowNames.length > 0) {
    return {
      name: "flow-run-page-of-flows",
      text: pageOfFlowsSql,
      values: [...values, filter.flowNames],
    };
  }
  if (filter.stateTypes.length > 0 && filter.stateTypes.every((type) => ACTIVE.has(type))) {
    return { name: "flow-run-page-active", text: pageActiveSql, values };
  }
  return { name: "flow-run-page", text: pageSql, values };
}

/** An id is taken as it is: runs keep that of a deployment which is gone. */
async function findDeploymentId(db: Queryable, reference: string | null): Promise<string | null> {
  if (reference === null || isUuid(reference)) return reference;
  const deployment = await getDeployment(db, reference, "deployment");
  if (deployment === undefined) {
    throw deploymentNotFound(reference);
  }
  return deployment.id;
}

function orNull(values: readonly string[]): readonly string[] | null {
  return values.length === 0 ? null : values;
}
