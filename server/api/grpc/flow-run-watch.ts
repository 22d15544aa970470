import type { ServerWritableStream } from "@grpc/grpc-js";
import type {
  WatchFlowRunRequest,
  WatchFlowRunResponse,
} from "#proto/sluice/v1/flow_run_service.ts";
import { describeFailure } from "#server/api/failure.ts";
import { isDatabaseAway } from "#server/store/database-away.ts";
import type { FlowRunProgress } from "#server/store/flow-run-progress.ts";
import { listFlowRunStates } from "#server/store/flow-run-states.ts";
import { getFlowRun } from "#server/store/flow-runs.ts";
import { type LogLineView, listLogs } from "#server/store/logs.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import { isUuid } from "#shared/ids.ts";
import { isTerminal } from "#shared/states.ts";
import { toStatus } from "./error-mapping.ts";
import { writeFlowRun, writeLogLine, writeState } from "./flow-run-messages.ts";
import { toPage } from "./page-token.ts";

/** The stream of one watcher. */
export type WatchCall = ServerWritableStream<WatchFlowRunRequest, WatchFlowRunResponse>;

/** Lines read at a time. */
const LINES = 500;

/** How long an ended run must be quiet before its output counts as whole, if nobody told its size. */
const QUIET_MS = 500;

/** The same, if an agent told of more than it has sent so far: it may be gone for good. */
const MISSING_MS = 30_000;

/** One watcher of one run: tells it what it has not been told, in order, at its own pace. */
export class FlowRunWatch {
  readonly #call: WatchCall;
  readonly #ctx: TransitionContext;
  readonly #onClosed: () => void;
  /** State and output as last told; null before the first message. */
  #told: { stateId: string; stateAt: number; terminal: boolean; storedBytes: number } | null = null;
  #place: { epoch: number; offset: number } | null = null;
  #quietSince = performance.now();
  #next: FlowRunProgress | undefined;
  #telling = false;
  #closed = false;

  constructor(call: WatchCall, ctx: TransitionContext, onClosed: () => void) {
    this.#call = call;
    this.#ctx = ctx;
    this.#onClosed = onClosed;
    call.once("cancelled", () => this.#close());
    call.once("close", () => this.#close());
  }

  /** Tells the state the run is in. Throws not_found. */
  async begin(flowRunId: string): Promise<void> {
    if (!isUuid(flowRunId)) {
      throw invalidField("flow_run_id", `'${flowRunId}' is no id of a flow run`);
    }
    const run = await getFlowRun(this.#ctx.pool, flowRunId, this.#ctx.numbers);
    if (run === undefined) throw new AppError("not_found", `There is no flow run ${flowRunId}.`);
    const { stateId, stateAt, stateType } = run;
    this.#told = { stateId, stateAt, terminal: isTerminal(stateType), storedBytes: 0 };
    await this.#write({ $case: "flowRun", value: writeFlowRun(run) });
  }

  /** Takes note of how far the run is, and tells what is new. */
  advance(progress: FlowRunProgress): void {
    this.#next = progress;
    if (!this.#telling && this.#told !== null) void this.#run();
  }

  /** Ends the watch with an error. */
  fail(error: unknown): void {
    if (this.#closed) return;
    this.#call.emit("error", toStatus(describeFailure(error, this.#ctx.logger)));
    this.#close();
  }

  async #run(): Promise<void> {
    this.#telling = true;
    try {
      while (this.#next !== undefined && !this.#closed) {
        const progress = this.#next;
        this.#next = undefined;
        await this.#tell(progress);
      }
    } catch (error) {
      // While the database is away the watcher waits: the next look begins where this one ended.
      if (!isDatabaseAway(error)) this.fail(error);
    } finally {
      this.#telling = false;
    }
  }

  async #tell(progress: FlowRunProgress): Promise<void> {
    const told = this.#told;
    if (told === null) return;
    if (progress.stateId !== told.stateId || progress.storedBytes !== told.storedBytes) {
      this.#quietSince = performance.now();
    }
    if (progress.stateId !== told.stateId) await this.#tellStates(progress.id, told);
    if (this.#call.request.includeLogs && progress.storedBytes !== told.storedBytes) {
      await this.#tellLines(progress.id);
    }
    told.storedBytes = progress.storedBytes;
    const isCurrent = progress.stateId === told.stateId;
    if (!this.#closed && isCurrent && told.terminal && this.#isWhole(progress)) {
      this.#call.end();
      this.#close();
    }
  }

  /** Each state since the last one told, so that a short one is not skipped. */
  async #tellStates(
    id: string,
    told: { stateId: string; stateAt: number; terminal: boolean },
  ): Promise<void> {
    const { pool, numbers } = this.#ctx;
    const states = await listFlowRunStates(pool, id);
    const run = await getFlowRun(pool, id, numbers);
    if (run === undefined) return;
    for (const state of states.filter(({ at }) => at > told.stateAt)) {
      await this.#write({
        $case: "flowRun",
        value: { ...writeFlowRun(run), state: writeState(state) },
      });
      told.stateId = state.id;
      told.stateAt = state.at;
      told.terminal = isTerminal(state.type);
    }
  }

  async #tellLines(flowRunId: string): Promise<void> {
    for (;;) {
      const after = this.#place;
      const page = { flowRunId, after, limit: LINES, descending: false };
      const read = await listLogs(this.#ctx.pool, page);
      for (const lines of inMessages(read)) {
        await this.#write({ $case: "lines", value: { lines: lines.map(writeLogLine) } });
        const last = lines.at(-1);
        if (last !== undefined) this.#place = { epoch: last.epoch, offset: last.offset };
      }
      if (this.#closed || read.length < LINES) return;
    }
  }

  /** Whether nothing more is to come of a run that has ended. */
  #isWhole(progress: FlowRunProgress): boolean {
    if (!this.#call.request.includeLogs) return true;
    if (progress.leased) return false;
    const quietMs = performance.now() - this.#quietSince;
    if (progress.outputMissing) return quietMs >= MISSING_MS;
    return !progress.outputUnknown || quietMs >= QUIET_MS;
  }

  /** Resolves when the transport takes more, or the watcher has left. */
  async #write(event: WatchFlowRunResponse["event"]): Promise<void> {
    if (this.#closed || this.#call.write({ event })) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const name of ["drain", "cancelled", "close"]) this.#call.once(name, resolve);
    await promise;
    for (const name of ["drain", "cancelled", "close"]) this.#call.off(name, resolve);
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClosed();
  }
}

/** Cuts lines into messages that any client takes. */
function inMessages(lines: readonly LogLineView[]): (readonly LogLineView[])[] {
  const messages: (readonly LogLineView[])[] = [];
  for (let rest = lines; rest.length > 0;) {
    const { rows } = toPage(
      rest,
      rest.length,
      ({ message }) => message.length,
      () => "more",
    );
    messages.push(rows);
    rest = rest.slice(rows.length);
  }
  return messages;
}
