import { describeFailure } from "#server/api/failure.ts";
import { isDatabaseAway } from "#server/store/database-away.ts";
import type { LeaseKey } from "#server/store/leases.ts";
import { acceptLeases } from "#server/transitions/accept-leases.ts";
import { applyReports, type ReportEvent } from "#server/transitions/apply-reports.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { settleDropped } from "#server/transitions/reconcile-held.ts";
import { returnLeases } from "#server/transitions/return-leases.ts";
import { grantStarts, type StartAnswer } from "#server/transitions/grant-starts.ts";
import { GroupCommit } from "#server/transitions/group-commit.ts";
import type { AgentKey, Sent } from "#server/transitions/held-attempts.ts";
import { failpoint } from "#shared/failpoints.ts";

/** Most items in one transaction. */
const MAX_ITEMS = 100;

/** One agent's word on one attempt. */
export type AttemptOf = AgentKey & LeaseKey;

/** A report and whose it is. */
export type ReportOf = AttemptOf & { readonly sequence: number; readonly event: ReportEvent };

/**
 * Where the messages of all sessions of this replica meet, so that what arrives together is
 * committed together. Everything here may be repeated: the transitions are idempotent.
 */
export interface SessionCommits {
  readonly accept: GroupCommit<AttemptOf & Sent, undefined>;
  readonly return: GroupCommit<AttemptOf & { readonly reason: string }, undefined>;
  readonly drop: GroupCommit<AttemptOf, undefined>;
  readonly start: GroupCommit<AttemptOf & Sent, StartAnswer>;
  /** Reports of one agent in their order; they stay together, so that no other overtakes. */
  readonly report: GroupCommit<readonly ReportOf[], undefined>;
}

/** The commits shared by all sessions. */
export function createSessionCommits(ctx: TransitionContext): SessionCommits {
  return {
    accept: new GroupCommit({
      maxItems: MAX_ITEMS,
      commit: async (items) => {
        await acceptLeases(ctx, items);
        failpoint("server.accept-committed");
        return items.map(() => undefined);
      },
    }),
    return: new GroupCommit({
      maxItems: MAX_ITEMS,
      commit: async (items) => {
        await returnLeases(ctx, items);
        return items.map(() => undefined);
      },
    }),
    drop: new GroupCommit({
      maxItems: MAX_ITEMS,
      commit: async (items) => {
        await settleDropped(ctx, items);
        return items.map(() => undefined);
      },
    }),
    start: new GroupCommit({
      maxItems: MAX_ITEMS,
      commit: async (items) => {
        const answers = await grantStarts(ctx, items);
        failpoint("server.start-committed");
        return answers;
      },
    }),
    report: new GroupCommit({
      maxItems: MAX_ITEMS,
      commit: async (groups) => {
        failpoint("server.report-received");
        await storeReports(ctx, groups);
        failpoint("server.report-committed");
        return groups.map(() => undefined);
      },
    }),
  };
}

/**
 * Stores reports by agent. What the database refuses for good would be sent again for ever and hold
 * up all that its agent says, so it is looked for and given up.
 */
async function storeReports(
  ctx: TransitionContext,
  groups: readonly (readonly ReportOf[])[],
): Promise<void> {
  try {
    await applyReports(ctx, groups.flat());
  } catch (error) {
    // Several groups are tried again one by one by who gathered them.
    if (groups.length !== 1 || isDatabaseAway(error)) throw error;
    for (const report of groups.flat()) await storeReport(ctx, report);
  }
}

/** Stores one report. If it cannot be stored its attempt has crashed, and the log has the rest. */
async function storeReport(ctx: TransitionContext, report: ReportOf): Promise<void> {
  try {
    await applyReports(ctx, [report]);
  } catch (error) {
    if (isDatabaseAway(error)) throw error;
    const { message } = describeFailure(error, ctx.logger);
    // The process runs on, and its end will be told.
    if (report.event.kind === "started") return;
    const reason = `how it ended could not be stored: ${message}`;
    const event = { kind: "crashed", reason, neverStarted: false, lostContact: false } as const;
    await applyReports(ctx, [{ ...report, event }]);
  }
}
