import type { DeploymentConcurrency, SlotEffect } from "#server/domain/flow-run.ts";
import { lockAndCountLimits } from "./concurrency-limit-locks.ts";
import type { LockedFlowRun } from "./flow-run-changes.ts";
import holdSql from "./sql/deployment-slot-hold.sql" with { type: "text" };
import releaseSql from "./sql/deployment-slot-release.sql" with { type: "text" };
import termsSql from "./sql/deployment-slot-terms.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** What a deployment says of its slots, as one of its runs sees it. */
interface SlotTerms {
  readonly flowRunId: string;
  readonly strategy: DeploymentConcurrency["strategy"];
  readonly gracePeriodSeconds: number | null;
  readonly ownLeaseAlive: boolean;
}

/**
 * The runs with what their deployments' limits say: locks the limits, in the order of their ids, and
 * counts. The runs are locked before. Costs nothing where no deployment is limited. Needed by whoever
 * may take a slot: proposals of PENDING, of RUNNING and of Late.
 */
export async function withDeploymentSlots<Run extends LockedFlowRun>(
  tx: Tx,
  runs: readonly Run[],
): Promise<Run[]> {
  const limited = runs.filter((run) => run.concurrencyLimitId !== null);
  if (limited.length === 0) return [...runs];
  const limitIds = new Set(limited.flatMap((run) => run.concurrencyLimitId ?? []));
  const [limits, terms] = await Promise.all([
    lockAndCountLimits(tx, { ids: [...limitIds] }),
    readSlotTerms(
      tx,
      limited.map((run) => run.id),
    ),
  ]);
  return runs.map((run) => {
    const limit = limits.get(run.concurrencyLimitId ?? "");
    const own = terms.get(run.id);
    if (limit === undefined || own === undefined || !limit.active) return run;
    return { ...run, concurrency: concurrencyOf(limit, own) };
  });
}

/** What a limit's count and a deployment's terms say together. */
export function concurrencyOf(
  { limit, held }: { readonly limit: number; readonly held: number },
  { strategy, gracePeriodSeconds, ownLeaseAlive }: Omit<SlotTerms, "flowRunId">,
): DeploymentConcurrency {
  return { limit, slotsHeld: held, strategy, gracePeriodSeconds, ownLeaseAlive };
}

/** What the deployments of some runs say of their slots, by run. */
export async function readSlotTerms(
  tx: Tx,
  flowRunIds: readonly string[],
): Promise<ReadonlyMap<string, SlotTerms>> {
  const { rows } = await tx.query<SlotTerms>({
    name: "deployment-slot-terms",
    text: termsSql,
    values: [flowRunIds],
  });
  return new Map(rows.map((row) => [row.flowRunId, row]));
}

/** Carries out what moves of runs say of their slots. Sends nothing where they say nothing. */
export async function applySlotEffects(
  tx: Tx,
  effects: readonly { readonly flowRunId: string; readonly slot: SlotEffect }[],
): Promise<void> {
  const held: { flowRunId: string; leaseId: string; ttlSeconds: number }[] = [];
  const released: string[] = [];
  for (const { flowRunId, slot } of effects) {
    if (slot.kind === "release") released.push(slot.leaseId);
    else if (slot.kind !== "none") held.push({ flowRunId, ...slot });
  }
  if (released.length > 0) {
    await tx.query({ name: "deployment-slot-release", text: releaseSql, values: [released] });
  }
  if (held.length > 0) {
    await tx.query({
      name: "deployment-slot-hold",
      text: holdSql,
      values: [
        held.map(({ leaseId }) => leaseId),
        held.map(({ flowRunId }) => flowRunId),
        held.map(({ ttlSeconds }) => ttlSeconds),
      ],
    });
  }
}
