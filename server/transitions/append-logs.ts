import { takePiece } from "#server/domain/log-chunk.ts";
import type { Millis } from "#server/domain/state.ts";
import {
  appendLines,
  lockLogCursors,
  type NewLogLine,
  type OutputKey,
} from "#server/store/logs.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { isUuid } from "#shared/ids.ts";
import type { TransitionContext } from "./context.ts";

/** A piece of an attempt's output. Offsets are bytes in that output. */
export interface LogChunk extends OutputKey {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly lines: readonly LogChunkLine[];
}

/** One line of it. */
export interface LogChunkLine {
  readonly offset: number;
  readonly at: Millis;
  readonly level: number;
  readonly message: string;
}

/** What became of a chunk. */
export interface StoredChunk {
  /** All before it is stored; the next chunk must begin there, or before. */
  readonly storedOffset: number;
  /** There is no such attempt, and nothing of it is wanted. */
  readonly discarded: boolean;
}

interface Output extends OutputKey {
  readonly fromOffset: number;
  toOffset: number;
}

/**
 * Stores chunks of output, all in one transaction; answers are in order. What is stored already is
 * not stored again, and a chunk that leaves a gap is not stored at all.
 */
export async function appendLogs(
  ctx: TransitionContext,
  chunks: readonly LogChunk[],
): Promise<StoredChunk[]> {
  const keys = distinctKeys(chunks);
  if (keys.length === 0) return chunks.map(() => ({ storedOffset: 0, discarded: true }));
  const { answers, grown } = await inTransaction(ctx.pool, async (tx) => {
    const outputs = new Map<string, Output>();
    for (const { flowRunId, epoch, storedOffset } of await lockLogCursors(tx, keys)) {
      const output = { flowRunId, epoch, fromOffset: storedOffset, toOffset: storedOffset };
      outputs.set(keyOf(output), output);
    }
    const lines: NewLogLine[] = [];
    const answers = chunks.map((chunk) => takeChunk(outputs.get(keyOf(chunk)), chunk, lines));
    const grown = [...outputs.values()].filter(({ fromOffset, toOffset }) => toOffset > fromOffset);
    if (grown.length > 0) await appendLines(tx, lines, grown);
    return { answers, grown };
  });
  for (const flowRunId of new Set(grown.map((output) => output.flowRunId))) {
    ctx.wakeUps.emit("flowRun", flowRunId);
  }
  return answers;
}

function takeChunk(output: Output | undefined, chunk: LogChunk, lines: NewLogLine[]): StoredChunk {
  if (output === undefined) return { storedOffset: 0, discarded: true };
  const taken = takePiece(output.toOffset, chunk);
  const { flowRunId, epoch } = output;
  for (const { offset, at, level, message } of taken.lines) {
    lines.push({
      flowRunId,
      epoch,
      offset,
      at: Number.isFinite(at) ? at : null,
      level: Math.min(Math.max(Math.trunc(level) || 0, 0), 100),
      // PostgreSQL cannot store a NUL.
      message: message.replaceAll("\0", ""),
    });
  }
  output.toOffset = taken.storedOffset;
  return { storedOffset: taken.storedOffset, discarded: false };
}

function distinctKeys(chunks: readonly LogChunk[]): OutputKey[] {
  const keys = new Map<string, OutputKey>();
  for (const { flowRunId, epoch } of chunks) {
    if (!isUuid(flowRunId) || !Number.isSafeInteger(epoch)) continue;
    keys.set(keyOf({ flowRunId, epoch }), { flowRunId, epoch });
  }
  return [...keys.values()];
}

function keyOf({ flowRunId, epoch }: OutputKey): string {
  return `${flowRunId.toLowerCase()} ${epoch}`;
}
