import { inTransaction, type Tx } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";

/** Most runs that are looked at in one transaction. */
const STRETCH = 5_000;

const FIRST_ID = "00000000-0000-0000-0000-000000000000";

/** Lets go of runs among so many behind that id; answers the last one, null behind all of them. */
export type LeaveStretch = (tx: Tx, after: string, count: number) => Promise<string | null>;

/**
 * Ended runs leave what will be deleted, a stretch at a time: there may be a million, and while a
 * queue or a pool is deleted nothing of that pool is granted. If it is not deleted after all, because
 * the process dies right then, they are in none already, which is what was asked for.
 */
export async function leaveEndedRuns(ctx: TransitionContext, leave: LeaveStretch): Promise<void> {
  const leaveBehind = (after: string): Promise<string | null> =>
    inTransaction(ctx.pool, (tx) => leave(tx, after, STRETCH));
  let last: string | null = FIRST_ID;
  while (last !== null) last = await leaveBehind(last);
}
