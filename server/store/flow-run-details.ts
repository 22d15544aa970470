import type { Millis, StateDetails } from "#server/domain/state.ts";
import type { JsonObject } from "#shared/json.ts";
import type { StateType } from "#shared/states.ts";
import type { Queryable } from "./database.ts";
import detailsSql from "./sql/flow-run-details.sql" with { type: "text" };

/** A run with all that clients of the REST face read. JSON that must stay as it is is text. */
export interface FlowRunDetails {
  readonly id: string;
  readonly name: string;
  readonly flowId: string;
  readonly deploymentId: string | null;
  readonly deploymentVersion: string | null;
  readonly flowVersion: string | null;
  readonly workPoolId: string | null;
  readonly workPoolName: string | null;
  readonly workQueueId: string | null;
  readonly workQueueName: string | null;
  readonly stateId: string;
  readonly stateType: StateType;
  readonly stateName: string;
  readonly stateAt: Millis;
  readonly stateMessage: string | null;
  readonly stateDetails: StateDetails | null;
  readonly stateData: unknown;
  readonly runCount: number;
  readonly retries: number;
  readonly retryDelaySeconds: number;
  readonly retryType: "in_process" | "reschedule" | null;
  readonly policy: { readonly pauseKeys?: readonly string[]; readonly resuming?: boolean } | null;
  readonly parameters: string;
  readonly context: string;
  readonly labels: JsonObject;
  readonly jobVariables: string;
  readonly tags: readonly string[];
  readonly idempotencyKey: string | null;
  readonly parentTaskRunId: string | null;
  readonly infrastructureId: string | null;
  readonly createdAt: Millis;
  readonly nextStartAt: Millis | null;
  readonly expectedStartAt: Millis | null;
  readonly startAt: Millis | null;
  readonly endAt: Millis | null;
  readonly totalRunSeconds: number;
  /** The database's clock when it was read. */
  readonly now: Millis;
}

/** The runs of these ids, in their order; those that do not exist are left out. */
export async function readFlowRunDetails(
  db: Queryable,
  ids: readonly string[],
): Promise<FlowRunDetails[]> {
  if (ids.length === 0) return [];
  const { rows } = await db.query<FlowRunDetails>({
    name: "flow-run-details",
    text: detailsSql,
    values: [ids],
  });
  return rows;
}
