import { appendClientLines, type ClientLine } from "#server/store/client-logs.ts";
import { inTransaction } from "#server/store/transaction.ts";
import type { TransitionContext } from "./context.ts";

/**
 * Stores lines that engines and Prefect workers sent. What PostgreSQL cannot keep is taken out of
 * them; a line is sent again only by a client that had no answer, and is then there twice.
 */
export async function appendClientLogs(
  ctx: TransitionContext,
  lines: readonly ClientLine[],
): Promise<void> {
  if (lines.length === 0) return;
  const storable = lines.map((line) => ({
    ...line,
    level: Math.min(Math.max(Math.trunc(line.level), 0), 100),
    message: clean(line.message),
    name: clean(line.name),
  }));
  const grown = await inTransaction(ctx.pool, (tx) => appendClientLines(tx, storable));
  for (const id of grown) ctx.wakeUps.emit("flowRun", id);
}

function clean(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}
