import type { Millis } from "#server/domain/state.ts";
import type { Queryable } from "./database.ts";
import logListDescendingSql from "./sql/log-list-descending.sql" with { type: "text" };
import logListSql from "./sql/log-list.sql" with { type: "text" };

/** One line of output. Epoch and offset are its place and its identity. */
export interface LogLineView {
  readonly epoch: number;
  /** Byte offset of the line in the attempt's output. */
  readonly offset: number;
  /** When the agent read it. */
  readonly at: Millis;
  /** 10 debug, 20 info, 30 warning, 40 error, 50 critical. */
  readonly level: number;
  readonly message: string;
}

/** Which lines: at most `limit` behind `after`, or before it if `descending`. */
export interface LogPage {
  readonly flowRunId: string;
  /** Null: from the first line, or from the last if `descending`. */
  readonly after: { readonly epoch: number; readonly offset: number } | null;
  readonly limit: number;
  readonly descending: boolean;
}

/** A page of a run's lines by attempt and place. */
export async function listLogs(db: Queryable, page: LogPage): Promise<LogLineView[]> {
  const { flowRunId, after, limit, descending } = page;
  const { rows } = await db.query<LogLineView>(
    descending
      ? {
          name: "log-list-descending",
          text: logListDescendingSql,
          values: [flowRunId, after?.epoch ?? null, after?.offset ?? null, limit],
        }
      : {
          name: "log-list",
          text: logListSql,
          values: [flowRunId, after?.epoch ?? -1, after?.offset ?? -1, limit],
        },
  );
  return rows;
}
