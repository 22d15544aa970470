import type { Millis } from "#server/domain/state.ts";
import type { Queryable } from "./database.ts";
import logAppendSql from "./sql/log-append.sql" with { type: "text" };
import logCursorInsertSql from "./sql/log-cursor-insert.sql" with { type: "text" };
import logCursorLockSql from "./sql/log-cursor-lock.sql" with { type: "text" };
import logListDescendingSql from "./sql/log-list-descending.sql" with { type: "text" };
import logListSql from "./sql/log-list.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** One line of output. Epoch and offset are its place and its identity. */
export interface LogLineView {
  readonly epoch: number;
  /** Byte offset of the line in the attempt's output. */
  readonly offset: number;
  /** When the agent read it. */
  readonly at: Millis;
  /** When it was stored, by the database's clock. */
  readonly storedAt: Millis;
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

/** Names the output of one attempt. */
export interface OutputKey {
  readonly flowRunId: string;
  readonly epoch: number;
}

/** How much of an attempt's output is stored. */
export interface LogCursor extends OutputKey {
  readonly storedOffset: number;
}

/** A line to store. Without a time, it is that of the storing. */
export interface NewLogLine extends OutputKey {
  readonly offset: number;
  readonly at: Millis | null;
  readonly level: number;
  readonly message: string;
}

/** How far a locked cursor moves. */
export interface CursorMove extends OutputKey {
  readonly fromOffset: number;
  readonly toOffset: number;
}

/**
 * The cursors of these attempts, locked until the transaction ends. An attempt without a lease of
 * its own has none and is left out.
 */
export async function lockLogCursors(tx: Tx, keys: readonly OutputKey[]): Promise<LogCursor[]> {
  const values = [keys.map(({ flowRunId }) => flowRunId), keys.map(({ epoch }) => epoch)];
  await tx.query({ name: "log-cursor-insert", text: logCursorInsertSql, values });
  const { rows } = await tx.query<LogCursor>({
    name: "log-cursor-lock",
    text: logCursorLockSql,
    values,
  });
  return rows;
}

/** Stores lines and moves the locked cursors, in one statement. */
export async function appendLines(
  tx: Tx,
  lines: readonly NewLogLine[],
  moves: readonly CursorMove[],
): Promise<void> {
  const { rowCount } = await tx.query({
    name: "log-append",
    text: logAppendSql,
    values: [
      lines.map(({ flowRunId }) => flowRunId),
      lines.map(({ epoch }) => epoch),
      lines.map(({ offset }) => offset),
      lines.map(({ at }) => at),
      lines.map(({ level }) => level),
      lines.map(({ message }) => message),
      moves.map(({ flowRunId }) => flowRunId),
      moves.map(({ epoch }) => epoch),
      moves.map(({ fromOffset }) => fromOffset),
      moves.map(({ toOffset }) => toOffset),
    ],
  });
  if (rowCount !== moves.length) throw new Error("a log cursor moved although it was locked");
}
