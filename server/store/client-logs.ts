import type { Millis } from "#server/domain/state.ts";
import type { Queryable } from "./database.ts";
import appendSql from "./sql/log-client-append.sql" with { type: "text" };
import cursorSql from "./sql/log-client-cursor.sql" with { type: "text" };
import lockSql from "./sql/log-cursor-lock.sql" with { type: "text" };
import descendingSql from "./sql/log-search-descending.sql" with { type: "text" };
import searchSql from "./sql/log-search.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** A line as a client sent it: of its own time, a text that PostgreSQL reads. */
export interface ClientLine {
  readonly flowRunId: string;
  readonly taskRunId: string | null;
  readonly at: string;
  readonly level: number;
  readonly message: string;
  /** The logger's name. */
  readonly name: string;
}

/** A line as REST shows it, whoever wrote it. */
export interface ClientLineView {
  readonly id: string;
  readonly flowRunId: string;
  readonly taskRunId: string | null;
  readonly at: Millis;
  readonly storedAt: Millis;
  readonly level: number;
  readonly message: string;
  /** Null: it is output of an attempt. */
  readonly name: string | null;
}

/** Which lines; null: whatever it is. Times are texts that PostgreSQL reads, bounds included. */
export interface LineSearch {
  readonly flowRunIds: readonly string[];
  readonly levelFrom: number | null;
  readonly levelTo: number | null;
  readonly after: string | null;
  readonly before: string | null;
  readonly taskRunIds: readonly string[] | null;
  readonly withoutTaskRun: boolean | null;
  /** A part of the message, in whatever case. */
  readonly text: string | null;
  readonly descending: boolean;
  readonly limit: number;
  readonly offset: number;
}

/**
 * Stores lines that clients sent, behind those stored before. Lines of runs that do not exist are
 * left out; answers the runs that have more lines now.
 */
export async function appendClientLines(
  tx: Tx,
  lines: readonly ClientLine[],
): Promise<ReadonlySet<string>> {
  const ids = [...new Set(lines.map((line) => line.flowRunId))].sort();
  await tx.query({ name: "log-client-cursor", text: cursorSql, values: [ids] });
  const { rows } = await tx.query<{ flowRunId: string; storedOffset: number }>({
    name: "log-cursor-lock",
    text: lockSql,
    values: [ids, ids.map(() => 0)],
  });
  const stored = new Map(rows.map((row) => [row.flowRunId, row.storedOffset]));
  const placed = lines.flatMap((line) => {
    const offset = stored.get(line.flowRunId);
    if (offset === undefined) return [];
    stored.set(line.flowRunId, offset + 1);
    return [{ ...line, offset }];
  });
  if (placed.length === 0) return new Set();
  await tx.query({
    name: "log-client-append",
    text: appendSql,
    values: [
      placed.map((line) => line.flowRunId),
      placed.map((line) => line.offset),
      placed.map((line) => line.at),
      placed.map((line) => line.level),
      placed.map((line) => line.message),
      placed.map((line) => line.name),
      placed.map((line) => line.taskRunId),
      [...stored.keys()],
      [...stored.values()],
    ],
  });
  return new Set(stored.keys());
}

/** Lines of runs by their times. */
export async function searchLines(db: Queryable, search: LineSearch): Promise<ClientLineView[]> {
  const part = search.text?.replaceAll(/[\\%_]/g, String.raw`\$&`);
  const { rows } = await db.query<ClientLineView>({
    name: search.descending ? "log-search-descending" : "log-search",
    text: search.descending ? descendingSql : searchSql,
    values: [
      search.flowRunIds,
      search.levelFrom,
      search.levelTo,
      search.after,
      search.before,
      search.taskRunIds,
      search.withoutTaskRun,
      part === undefined ? null : `%${part}%`,
      search.limit,
      search.offset,
    ],
  });
  return rows;
}
