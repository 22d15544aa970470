import type { StartReply } from "#proto/sluice/v1/agent_service.ts";
import { Lease, type LeaseRef } from "#proto/sluice/v1/lease.ts";
import { messageOf } from "#shared/errors.ts";
import { failpoint } from "#shared/failpoints.ts";
import type { Logger } from "#shared/logger.ts";
import type { AttemptSurroundings } from "./attempt-surroundings.ts";
import { Bell } from "./bell.ts";
import {
  type AttemptPlace,
  type Infrastructure,
  type Job,
  LaunchError,
  type LeaderEnd,
} from "./infrastructure/driver.ts";
import { lacksReferences, REFERENCES_GONE, resolveJob } from "./job.ts";
import type { AttemptPhase } from "./journal-rows.ts";
import { attemptPlace, leaseKey } from "./lease-key.ts";
import type { OutputTail } from "./log-shipper/tail.ts";
import { PermissionRequest } from "./permission.ts";
import type { ReportEvent, StoredReport } from "./reports.ts";
import { joinStops, type StopRequest } from "./stop-request.ts";
import { crashedEvent, exitedEvent, startedEvent, type Timeline } from "./timeline.ts";

/**
 * One attempt, from the receipt of its lease to the acknowledged report. Each step is in the journal
 * before the deed it announces: accepted before it is told, starting before a process can exist, the
 * end before the record of the process is dropped. Nothing that goes wrong here leaves this class.
 */
export class RunLease {
  readonly key: string;
  readonly ref: LeaseRef;
  readonly lease: Lease;
  readonly #around: AttemptSurroundings;
  readonly #logger: Logger;
  readonly #place: AttemptPlace;
  readonly #bell = new Bell();
  readonly #permission: PermissionRequest;
  readonly #timeline: Timeline;
  #phase: AttemptPhase;
  #held = true;
  #returning: string | undefined;
  #stop: StopRequest | undefined;
  #leaderEnded = false;
  #infrastructure: Infrastructure | undefined;
  #tail: OutputTail | undefined;

  constructor(ref: LeaseRef, lease: Lease, phase: AttemptPhase, around: AttemptSurroundings) {
    this.ref = ref;
    this.key = leaseKey(ref);
    this.lease = lease;
    this.#phase = phase;
    this.#around = around;
    this.#logger = around.logger.with({ lease: this.key });
    this.#place = attemptPlace(ref, around.runsDirectory);
    this.#permission = new PermissionRequest(ref, around.outbox, around.clock, this.#bell);
    this.#timeline = { receivedAt: around.clock.monotonic() };
  }

  /** How far it is. */
  get phase(): AttemptPhase {
    return this.#phase;
  }

  /** Whether the control plane may think that the agent holds it. */
  get held(): boolean {
    return this.#held;
  }

  /** Whether it holds a slot: its process tree may exist or come to exist. */
  get holdsSlot(): boolean {
    return this.#held && this.#phase !== "ended";
  }

  /** Runs a lease that has just come. Resolves when nothing is left of it. */
  accept(): Promise<void> {
    return this.#supervised(() => this.#accept());
  }

  /** Goes on with an attempt that the journal held when the agent started. */
  resume(infrastructure: string | null, sameBoot: boolean): Promise<void> {
    return this.#supervised(() => this.#resume(infrastructure, sameBoot));
  }

  /** The control plane answered a start request. */
  answered(reply: StartReply): void {
    if (this.#phase === "accepted") this.#permission.answer(reply);
  }

  /** A new stream is open. */
  reconnected(): void {
    if (this.#phase === "accepted") this.#permission.repeat();
  }

  /** Gives the lease back, unless user code has or may have permission to start. */
  giveBack(reason: string): void {
    this.#returning ??= reason;
    this.#bell.ring();
  }

  /** Ends the attempt, wherever it is. Doing so again can only shorten the grace. */
  stop(request: StopRequest): void {
    // A leader that ended by itself was not stopped; but nobody wants to hear of a fenced one.
    if (!this.#leaderEnded || request.kind === "fenced")
      this.#stop = joinStops(this.#stop, request);
    this.#bell.ring();
    void this.#infrastructure?.end(request.graceMs);
  }

  async #supervised(path: () => Promise<void>): Promise<void> {
    try {
      await path();
    } catch (error) {
      this.#logger.error("the attempt failed inside of the agent", { error: messageOf(error) });
      if (this.#phase === "ended") return;
      await this.#infrastructure?.end(0);
      const neverStarted = this.#phase === "accepted";
      await this.#crash(`the agent failed: ${messageOf(error)}`, neverStarted);
    }
  }

  async #accept(): Promise<void> {
    failpoint("agent.lease-received");
    const { journal, onJournalFailure } = this.#around;
    // What it refers to may be secret, and is not written to the disk.
    const lease = Lease.encode({ ...this.lease, referencesJson: "" }).finish();
    // A host that dies forgets it, as it has forgotten to start it: the control plane takes it back.
    const kept = journal.write((rows) => rows.addAccepted(this.key, lease), "agent");
    // Done while the journal is written; user code cannot start before both are through.
    const prepared = this.#prepare();
    try {
      await kept;
    } catch (error) {
      onJournalFailure(error);
      await prepared;
      return this.#letGo(`the agent cannot write its journal: ${messageOf(error)}`, true);
    }
    failpoint("agent.accepted");
    return this.#startWhenPermitted(await prepared);
  }

  async #resume(infrastructure: string | null, sameBoot: boolean): Promise<void> {
    const { reports, driver } = this.#around;
    if (this.#phase === "accepted") {
      if (lacksReferences(this.lease)) return this.#letGo(REFERENCES_GONE, true);
      return this.#startWhenPermitted(await this.#prepare());
    }
    if (this.#phase === "ended") return this.#conclude(reports.left(this.key));
    const adoption = await driver.adopt(this.#place, infrastructure, sameBoot);
    if (adoption.kind === "neverStarted") return this.#crash(adoption.reason, true);
    this.#logger.info("took over a run", {
      phase: this.#phase,
      process: adoption.infrastructure.id,
    });
    const untold = this.#phase === "starting" && sameBoot;
    const started = untold ? this.#started(adoption.infrastructure) : Promise.resolve();
    return this.#watch(adoption.infrastructure, started);
  }

  /** Makes everything ready but user code; or says why that cannot be. */
  async #prepare(): Promise<Job | LaunchError> {
    try {
      const job = resolveJob(this.lease, this.#around.job);
      await this.#around.driver.create(this.#place, job);
      return job;
    } catch (error) {
      return new LaunchError(messageOf(error), { cause: error });
    }
  }

  async #startWhenPermitted(job: Job | LaunchError): Promise<void> {
    if (job instanceof LaunchError) return this.#crash(job.message, true);
    const { outbox, clock, journal, bootId, driver } = this.#around;
    const dueAt = this.#timeline.receivedAt + this.lease.dueInMs;
    // A start request says the same.
    if (dueAt > clock.monotonic()) outbox.accepted(this.ref);
    const permission = await this.#permission.obtain(dueAt, (unasked) =>
      this.#interrupted(unasked),
    );
    if (permission.kind === "refused") return this.#letGo(permission.reason, false);
    if (permission.kind === "interrupted") return this.#stopBeforeStart();
    this.#timeline.grantedAt = permission.at;
    failpoint("agent.start-granted");
    try {
      await journal.write((rows) => rows.markStarting(this.key, bootId));
    } catch (error) {
      return this.#crash(
        `not started: the agent cannot write its journal: ${messageOf(error)}`,
        true,
      );
    }
    failpoint("agent.starting-journalled");
    this.#around.silence.check();
    if (this.#stop !== undefined) return this.#stopBeforeStart();
    this.#phase = "starting";
    let infrastructure: Infrastructure;
    try {
      infrastructure = await driver.start(this.#place, job);
    } catch (error) {
      if (error instanceof LaunchError) return this.#crash(error.message, true);
      throw error;
    }
    this.#timeline.startedAt = clock.monotonic();
    failpoint("agent.process-started");
    return this.#watch(infrastructure, this.#started(infrastructure));
  }

  /** An order ends the asking at once; what this agent wants must wait for an open question. */
  #interrupted(unasked: boolean): boolean {
    if (this.#stop !== undefined && this.#stop.kind !== "leaving") return true;
    return unasked && (this.#stop !== undefined || this.#returning !== undefined);
  }

  async #started(infrastructure: Infrastructure): Promise<void> {
    await this.#around.reports.add(
      this.ref,
      startedEvent(infrastructure.id, this.#timeline),
      (rows) => rows.markRunning(this.key, infrastructure.record),
    );
    if (this.#phase === "starting") this.#phase = "running";
  }

  /** From the existence of a process to the report of its end. */
  async #watch(infrastructure: Infrastructure, started: Promise<void>): Promise<void> {
    const { shipper, clock } = this.#around;
    this.#infrastructure = infrastructure;
    this.#tail = shipper.follow(this.ref, this.#place.outputPath);
    if (this.#stop !== undefined) void infrastructure.end(this.#stop.graceMs);
    const end = await infrastructure.ended;
    this.#timeline.endedAt = clock.monotonic();
    this.#timeline.firstOutputAt = this.#tail.firstByteAt;
    this.#leaderEnded = true;
    // Children may have outlived the leader.
    await infrastructure.end(this.#stop?.graceMs ?? this.lease.stopGraceMs);
    // The end waits for no report of the start: of a short run both are told in one message.
    await Promise.all([started, this.#tellEnd(end)]);
  }

  #tellEnd(end: LeaderEnd): Promise<void> {
    const { kind, reason = "" } = this.#stop ?? {};
    if (kind === "fenced") return this.#conclude(undefined);
    if (kind === "lost") return this.#crash(reason, end.kind === "neverStarted");
    if (end.kind !== "exited") return this.#crash(end.reason, end.kind === "neverStarted");
    return this.#reportExit(end);
  }

  async #reportExit(end: Extract<LeaderEnd, { kind: "exited" }>): Promise<void> {
    this.#tail?.finish();
    const event = exitedEvent(end, this.#timeline, this.#tail?.size ?? 0, this.#stop);
    await this.#end(event, () => failpoint("agent.exit-journalled"));
  }

  /** User code did not run, or what became of it is unknown. */
  async #crash(reason: string, neverStarted: boolean): Promise<void> {
    if (this.#stop?.kind === "fenced") return this.#conclude(undefined);
    this.#logger.warning("the attempt crashed", { reason, neverStarted });
    await this.#end(crashedEvent(reason, neverStarted, this.#stop?.kind === "lost"));
  }

  async #end(event: ReportEvent, onDurable?: () => void): Promise<void> {
    const { reports } = this.#around;
    const ended = await reports.add(this.ref, event, (rows) => rows.markEnded(this.key), onDurable);
    await this.#conclude(ended);
  }

  async #stopBeforeStart(): Promise<void> {
    const reason = this.#stop?.reason ?? this.#returning ?? "the agent stops";
    if (this.#stop?.kind === "fenced") return this.#letGo(reason, false);
    const permitted = this.#timeline.grantedAt !== undefined;
    if (permitted || (this.#stop !== undefined && this.#stop.kind !== "leaving")) {
      return this.#crash(`stopped before it was started, because ${reason}`, true);
    }
    return this.#letGo(reason, true);
  }

  /** Nothing was started: the lease goes back, or is gone anyway. */
  async #letGo(reason: string, goesBack: boolean): Promise<void> {
    this.#logger.info(goesBack ? "gave the lease back" : "dropped the lease", { reason });
    if (goesBack) this.#around.outbox.returned(this.ref, reason);
    return this.#conclude(undefined);
  }

  /** Nothing runs any more: waits for the acknowledgement and the last line, then forgets. */
  async #conclude(report: StoredReport | undefined): Promise<void> {
    const { shipper, journal, driver, onChange } = this.#around;
    this.#phase = "ended";
    onChange();
    const tail = this.#tail ?? shipper.follow(this.ref, this.#place.outputPath);
    tail.finish();
    await report?.acknowledged;
    this.#held = false;
    onChange();
    await tail.drained;
    journal.writeLazily((rows) => rows.deleteAttempt(this.key));
    await driver.remove(this.#place).catch((error: unknown) => {
      this.#logger.warning("the run directory cannot be removed", { error: messageOf(error) });
    });
  }
}
