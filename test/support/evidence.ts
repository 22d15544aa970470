import type { FlowRun } from "#proto/sluice/v1/flow_run.ts";
import type { WorkPool } from "#proto/sluice/v1/work_pool_service.ts";
import { STATE_TYPES, type StateType } from "#shared/states.ts";
import type { Evidence, RunEvidence } from "./checker.ts";
import type { Client } from "./client.ts";
import type { Ledger } from "./ledger.ts";

/** Reads what the checker is told: the ledger, and the control plane's runs and lines. */
export async function collectEvidence(
  client: Client,
  ledger: Ledger,
  created: readonly string[],
): Promise<Evidence> {
  const pools = new Map<string, WorkPool>();
  const runs = await client.listFlowRuns();
  for (const { workPoolName } of runs) {
    if (!pools.has(workPoolName)) pools.set(workPoolName, await client.getWorkPool(workPoolName));
  }
  const logs = await Promise.all(
    runs.map(async (run) => {
      const lines = await client.listLogs(run.id);
      return lines.map(({ epoch, message }) => ({ flowRunId: run.id, epoch, message }));
    }),
  );
  // The ledger last: what it says of a start must not be older than what the runs say.
  return {
    created,
    runs: runs.map((run) => runEvidence(run, pools.get(run.workPoolName))),
    lines: logs.flat(),
    ledger: ledger.entries(),
  };
}

/** The type of a run's state, in the words of our code. */
export function stateTypeOf(run: FlowRun): StateType {
  const wire = run.state?.type ?? "STATE_TYPE_UNSPECIFIED";
  const type = STATE_TYPES.find((candidate) => `STATE_TYPE_${candidate}` === wire);
  if (type === undefined) throw new Error(`run ${run.id} is in no state: ${wire}`);
  return type;
}

function runEvidence(run: FlowRun, pool: WorkPool | undefined): RunEvidence {
  return {
    id: run.id,
    stateType: stateTypeOf(run),
    stateName: run.state?.name ?? "",
    message: run.state?.message ?? "",
    gate: gateOf(run, pool),
  };
}

function gateOf(run: FlowRun, pool: WorkPool | undefined): string | undefined {
  if (stateTypeOf(run) !== "SCHEDULED") return undefined;
  const due = run.nextScheduledStartTime?.getTime() ?? 0;
  if (due > Date.now()) return "its time has not come";
  if (pool?.isPaused === true) return "the pool is paused";
  if (pool?.agentsOnline === 0) return "no agent of the pool is online";
  const limit = pool?.concurrencyLimit;
  if (limit !== undefined && pool !== undefined && pool.slotsHeld >= limit)
    return "the pool is full";
  return undefined;
}
