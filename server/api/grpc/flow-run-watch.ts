import type { ServerWritableStream } from "@grpc/grpc-js";
import type { FlowRun } from "#proto/sluice/v1/flow_run.ts";
import type {
  WatchFlowRunRequest,
  WatchFlowRunResponse,
} from "#proto/sluice/v1/flow_run_service.ts";
import { describeFailure } from "#server/api/failure.ts";
import { flowRunNotFound } from "#server/domain/not-found.ts";
import { isDatabaseAway } from "#server/store/database-away.ts";
import type { FlowRunProgress } from "#server/store/flow-run-progress.ts";
import { type FlowRunStateView, listFlowRunStates } from "#server/store/flow-run-states.ts";
import { type FlowRunView, getFlowRun } from "#server/store/flow-runs.ts";
import { type LogLineView, listLogs } from "#server/store/logs.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { invalidField } from "#shared/errors.ts";
import { isUuid } from "#shared/ids.ts";
import { isTerminal } from "#shared/states.ts";
import { toStatus } from "./error-mapping.ts";
import { inMessages, interleaved } from "./flow-run-events.ts";
import { writeFlowRun, writeLogLine, writeState } from "./flow-run-messages.ts";

/** The stream of one watcher. */
export type WatchCall = ServerWritableStream<WatchFlowRunRequest, WatchFlowRunResponse>;

/** A state with the message that tells it. */
interface ToldState extends FlowRunStateView {
  readonly terminal: boolean;
  readonly run: FlowRun;
}

/** Lines read at a time. */
const LINES = 500;

/** How long an ended run must be quiet before its output counts as whole, if nobody told its size. */
const QUIET_MS = 500;

/** The same, if an agent told of more than it has sent so far: it may be gone for good. */
const MISSING_MS = 30_000;

/** How long the end of a run is held back for output of before it that is still on its way. */
const HELD_MS = 2_000;

/**
 * One watcher of one run: tells it each state the run was ever in and each line, once and in the
 * order of their times, at its own pace.
 */
export class FlowRunWatch {
  readonly #call: WatchCall;
  readonly #ctx: TransitionContext;
  readonly #onClosed: () => void;
  readonly #told = new Set<string>();
  /** The state told last. */
  #last: { readonly id: string; readonly terminal: boolean } | undefined;
  #storedBytes = 0;
  #place: { epoch: number; offset: number } | null = null;
  #quietSince = performance.now();
  #heldSince: number | undefined;
  #next: FlowRunProgress | undefined;
  #begun = false;
  #telling = false;
  #closed = false;

  constructor(call: WatchCall, ctx: TransitionContext, onClosed: () => void) {
    this.#call = call;
    this.#ctx = ctx;
    this.#onClosed = onClosed;
    call.once("cancelled", () => this.#close());
    call.once("close", () => this.#close());
  }

  /** From now on what `advance` brings is told. Throws not_found. */
  async begin(flowRunId: string): Promise<void> {
    if (!isUuid(flowRunId)) {
      throw invalidField("flow_run_id", `'${flowRunId}' is no id of a flow run`);
    }
    const run = await getFlowRun(this.#ctx.pool, flowRunId, this.#ctx.numbers);
    if (run === undefined) throw flowRunNotFound(flowRunId);
    this.#begun = true;
  }

  /** Takes note of how far the run is, and tells what is new. */
  advance(progress: FlowRunProgress): void {
    this.#next = progress;
    if (!this.#telling && this.#begun) void this.#run();
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
    const moved = progress.stateId !== this.#last?.id;
    const grown = progress.storedBytes !== this.#storedBytes;
    if (moved || grown) this.#quietSince = performance.now();
    // The states are read first, so that what was stored before a state is read behind it.
    let states = moved ? await this.#untoldStates(progress) : [];
    if (this.#call.request.includeLogs && (grown || states.length > 0)) {
      states = await this.#tellLines(progress, states);
    }
    for (const state of states) await this.#tellState(state);
    this.#storedBytes = progress.storedBytes;
    const isCurrent = progress.stateId === this.#last?.id;
    if (!this.#closed && isCurrent && this.#last?.terminal && this.#isWhole(progress)) {
      this.#call.end();
      this.#close();
    }
  }

  /** What the history holds beyond what was told, the oldest first; perhaps without the end. */
  async #untoldStates(progress: FlowRunProgress): Promise<ToldState[]> {
    const { pool, numbers } = this.#ctx;
    const history = await listFlowRunStates(pool, progress.id);
    const run = await getFlowRun(pool, progress.id, numbers);
    if (run === undefined) return [];
    // Of a run that is older than what is kept of histories, its state is all there is.
    if (history.length === 0) history.push(currentState(run));
    const untold = history.filter(({ id }) => !this.#told.has(id));
    const last = untold.at(-1);
    if (last !== undefined && this.#isHeldBack(last, progress)) untold.pop();
    return untold.map((state) => ({
      ...state,
      terminal: isTerminal(state.type),
      run: { ...writeFlowRun(run), state: writeState(state) },
    }));
  }

  /** Whether a run's end waits a little, because output of before it may be on its way. */
  #isHeldBack(end: FlowRunStateView, progress: FlowRunProgress): boolean {
    if (!this.#call.request.includeLogs || !isTerminal(end.type)) return false;
    if (end.id === progress.stateId && !progress.outputMissing) return false;
    this.#heldSince ??= performance.now();
    return performance.now() - this.#heldSince < HELD_MS;
  }

  async #tellState({ id, terminal, run }: ToldState): Promise<void> {
    await this.#write({ $case: "flowRun", value: run });
    this.#told.add(id);
    this.#last = { id, terminal };
    this.#heldSince = undefined;
  }

  /** Tells all lines there are, and before each the states it came after; gives the other states. */
  async #tellLines(progress: FlowRunProgress, states: ToldState[]): Promise<ToldState[]> {
    let untold = states;
    let statesOfEpoch = this.#place?.epoch ?? 0;
    for (;;) {
      const after = this.#place;
      const page = { flowRunId: progress.id, after, limit: LINES, descending: false };
      const read = await listLogs(this.#ctx.pool, page);
      const newestEpoch = read.at(-1)?.epoch ?? 0;
      const isNewAttempt = newestEpoch > statesOfEpoch;
      if (isNewAttempt) {
        // Its states were stored before its lines, but perhaps after the states were read.
        untold = await this.#untoldStates(progress);
        statesOfEpoch = newestEpoch;
      }
      for (const { before, lines } of interleaved(read, untold, after?.epoch ?? 0)) {
        for (const state of before) await this.#tellState(state);
        untold = untold.slice(before.length);
        await this.#tellRow(lines);
      }
      if (this.#closed || (read.length < LINES && !isNewAttempt)) return untold;
    }
  }

  /** Tells lines that follow each other. */
  async #tellRow(row: readonly LogLineView[]): Promise<void> {
    for (const lines of inMessages(row)) {
      await this.#write({ $case: "lines", value: { lines: lines.map(writeLogLine) } });
      const last = lines.at(-1);
      if (last !== undefined) this.#place = { epoch: last.epoch, offset: last.offset };
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

function currentState(run: FlowRunView): FlowRunStateView {
  const { stateId: id, stateType: type, stateName: name, stateAt: at, stateMessage: message } = run;
  return { id, type, name, at, message, data: null, details: null };
}
