import { describeFailure } from "#server/api/failure.ts";
import { isDatabaseAway } from "#server/store/database-away.ts";
import { readFlowRunProgress } from "#server/store/flow-run-progress.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { AppError, messageOf } from "#shared/errors.ts";
import { FlowRunWatch, type WatchCall } from "./flow-run-watch.ts";

/** Between two looks at runs that are watched, for changes that no wake-up told of. */
const POLL_MS = 500;

/**
 * All watches of this replica. What changes here is seen through wake-ups; for changes made by
 * other replicas one statement looks at all watched runs together, and only while somebody watches.
 */
export class FlowRunWatches {
  readonly #ctx: TransitionContext;
  readonly #byRun = new Map<string, Set<FlowRunWatch>>();
  readonly #due = new Set<string>();
  readonly #unsubscribe: () => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #looking = false;
  #closed = false;

  constructor(ctx: TransitionContext) {
    this.#ctx = ctx;
    this.#unsubscribe = ctx.wakeUps.on("flowRun", (id) => {
      if (this.#byRun.has(id)) this.#look([id]);
    });
  }

  /** Serves one watch to its end. */
  add(call: WatchCall): void {
    const flowRunId = call.request.flowRunId.toLowerCase();
    const watch = new FlowRunWatch(call, this.#ctx, () => this.#remove(flowRunId, watch));
    if (this.#closed) {
      watch.fail(
        new AppError("shutting_down", "This control plane is shutting down; watch again."),
      );
      return;
    }
    // Entered before the first reading, so that no change falls between the two.
    this.#byRun.set(flowRunId, (this.#byRun.get(flowRunId) ?? new Set()).add(watch));
    this.#timer ??= setInterval(() => this.#look(this.#byRun.keys()), POLL_MS);
    watch.begin(flowRunId).then(
      () => this.#look([flowRunId]),
      (error: unknown) => watch.fail(describeFailure(error, this.#ctx.logger)),
    );
  }

  /** Ends all watches: whoever watches may go on at another replica. */
  close(): void {
    this.#closed = true;
    this.#unsubscribe();
    clearInterval(this.#timer);
    const over = new AppError("shutting_down", "This control plane is shutting down; watch again.");
    for (const watches of this.#byRun.values()) for (const watch of watches) watch.fail(over);
  }

  #remove(flowRunId: string, watch: FlowRunWatch): void {
    const watches = this.#byRun.get(flowRunId);
    watches?.delete(watch);
    if (watches?.size === 0) this.#byRun.delete(flowRunId);
    if (this.#byRun.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #look(flowRunIds: Iterable<string>): void {
    for (const id of flowRunIds) this.#due.add(id);
    if (!this.#looking) void this.#run();
  }

  async #run(): Promise<void> {
    this.#looking = true;
    try {
      // What wakes in this turn of the event loop is one statement.
      await new Promise<void>((resolve) => setImmediate(resolve));
      while (this.#due.size > 0 && !this.#closed) {
        const ids = [...this.#due].filter((id) => this.#byRun.has(id));
        this.#due.clear();
        if (ids.length > 0) await this.#tell(ids);
      }
    } catch (error) {
      // Watchers stay; the next look tells them what they missed.
      const level = isDatabaseAway(error) ? "debug" : "error";
      this.#ctx.logger[level]("could not look at watched runs", { error: messageOf(error) });
    } finally {
      this.#looking = false;
    }
  }

  async #tell(ids: readonly string[]): Promise<void> {
    const progress = await readFlowRunProgress(this.#ctx.pool, ids);
    for (const id of ids) {
      for (const watch of this.#byRun.get(id) ?? []) {
        const run = progress.get(id);
        if (run === undefined) watch.fail(new AppError("not_found", `Flow run ${id} was deleted.`));
        else watch.advance(run);
      }
    }
  }
}
