import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { PushLogsRequest, PushLogsResponse } from "#proto/sluice/v1/agent_service.ts";
import { describeFailure } from "#server/api/failure.ts";
import { appendLogs, type LogChunk, type StoredChunk } from "#server/transitions/append-logs.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { GroupCommit } from "#server/transitions/group-commit.ts";
import { AppError } from "#shared/errors.ts";
import { switchedOn } from "#shared/failpoints.ts";
import { toStatus } from "./error-mapping.ts";
import { readRef, violation } from "./session-messages.ts";

type LogCall = ServerDuplexStream<PushLogsRequest, PushLogsResponse>;

/** Chunks of one stream that may be unacknowledged before no more are read. */
const MAX_WAITING = 16;

/**
 * Takes in output. Chunks of all streams are stored together; those of one stream one group after
 * the other, and answered in their order. When the database is away the stream ends, and the agent
 * sends again from what was acknowledged.
 */
export class LogIntake {
  readonly #ctx: TransitionContext;
  readonly #append: GroupCommit<readonly LogChunk[], StoredChunk[]>;
  readonly #streams = new Set<LogStream>();

  constructor(ctx: TransitionContext) {
    this.#ctx = ctx;
    this.#append = new GroupCommit({
      maxItems: 32,
      commit: async (groups) => {
        const stored = await appendLogs(ctx, groups.flat());
        let begin = 0;
        return groups.map((group) => stored.slice(begin, (begin += group.length)));
      },
    });
  }

  /** Serves one stream to its end. */
  take(call: LogCall): void {
    const stream = new LogStream(call, {
      store: (chunks) => this.#append.submit(chunks),
      describe: (error) => describeFailure(error, this.#ctx.logger),
      onClosed: () => this.#streams.delete(stream),
    });
    this.#streams.add(stream);
  }

  /** Ends all streams: the agents send what is not acknowledged to another replica. */
  close(): void {
    const over = new AppError("shutting_down", "This control plane is shutting down; send again.");
    for (const stream of this.#streams) stream.fail(over);
  }
}

interface LogStreamOptions {
  readonly store: (chunks: readonly LogChunk[]) => Promise<readonly StoredChunk[]>;
  readonly describe: (error: unknown) => AppError;
  readonly onClosed: () => void;
}

/** One agent's stream of output. */
class LogStream {
  readonly #call: LogCall;
  readonly #options: LogStreamOptions;
  readonly #waiting: PushLogsRequest[] = [];
  #storing = false;
  #ended = false;
  #closed = false;

  constructor(call: LogCall, options: LogStreamOptions) {
    this.#call = call;
    this.#options = options;
    call.on("data", (request: PushLogsRequest) => {
      this.#waiting.push(request);
      if (this.#waiting.length >= MAX_WAITING) call.pause();
      void this.#store();
    });
    call.once("end", () => {
      this.#ended = true;
      void this.#store();
    });
    call.once("cancelled", () => this.#close());
    call.once("close", () => this.#close());
  }

  fail(error: unknown): void {
    if (this.#closed) return;
    this.#call.emit("error", toStatus(this.#options.describe(error)));
    this.#close();
  }

  async #store(): Promise<void> {
    if (this.#storing) return;
    this.#storing = true;
    try {
      while (!this.#closed && this.#waiting.length > 0) {
        const group = this.#waiting.splice(0);
        const stored = await this.#options.store(group.map(readChunk));
        for (const [index, chunk] of stored.entries()) this.#answer(group[index], chunk);
        if (!this.#closed) this.#call.resume();
      }
      if (this.#ended && !this.#closed) {
        this.#call.end();
        this.#close();
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.#storing = false;
    }
  }

  #answer(request: PushLogsRequest | undefined, chunk: StoredChunk): void {
    if (this.#closed) return;
    const { storedOffset, discarded } = chunk;
    const response = { ref: request?.ref, storedOffset, discarded };
    this.#call.write(response);
    if (switchedOn("duplicate-messages")) this.#call.write(response);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting.length = 0;
    this.#options.onClosed();
  }
}

function readChunk({ ref, startOffset, endOffset, lines }: PushLogsRequest): LogChunk {
  const bytes = endOffset - startOffset;
  if (!Number.isSafeInteger(startOffset) || startOffset < 0 || !(bytes >= 0)) {
    throw violation(`a chunk from ${startOffset} to ${endOffset} is none.`);
  }
  return {
    ...readRef(ref),
    startOffset,
    endOffset,
    lines: lines.map(({ offset, timestamp, level, message }) => ({
      offset,
      at: timestamp?.getTime() ?? Date.now(),
      level,
      message,
    })),
  };
}
