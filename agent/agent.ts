import {
  type AgentHello,
  AttemptPhase as WirePhase,
  type SessionWelcome,
  type StopOrder,
  StopReason,
} from "#proto/sluice/v1/agent_service.ts";
import type { Lease, LeaseRef } from "#proto/sluice/v1/lease.ts";
import { AppError, messageOf } from "#shared/errors.ts";
import { VERSION } from "#shared/version.ts";
import { leftAttempts } from "./adopt.ts";
import type { AttemptSurroundings } from "./attempt-surroundings.ts";
import type { AttemptPhase } from "./journal-rows.ts";
import { leaseKey } from "./lease-key.ts";
import { RecentKeys } from "./recent-keys.ts";
import { RunLease } from "./run-lease.ts";
import type { SelfCheck } from "./self-check.ts";
import type { Connection } from "./session/connection.ts";
import type { SessionOwner, WorkMessage } from "./session/session.ts";
import { freeSlots } from "./slots.ts";
import type { StopRequest } from "./stop-request.ts";
import { crashedEvent } from "./timeline.ts";

/** What an agent says of itself in every hello. */
export type AgentIntroduction = Omit<
  AgentHello,
  "agentId" | "session" | "held" | "version" | "protocolVersion"
>;

/** What the agent is made of. */
export interface AgentParts {
  readonly introduction: AgentIntroduction;
  readonly around: AttemptSurroundings;
  readonly selfCheck: SelfCheck;
  readonly onConnected: () => void;
  readonly onRefused: (error: Error) => void;
  /** Told whenever an attempt came, moved on or went. */
  readonly onChange: () => void;
}

const PROTOCOL_VERSION = 1;
const REMEMBERED_LEASES = 10_000;

const WIRE_PHASES = {
  accepted: WirePhase.ACCEPTED,
  starting: WirePhase.STARTING,
  running: WirePhase.RUNNING,
  ended: WirePhase.ENDED,
} as const satisfies Record<AttemptPhase, WirePhase>;

/** All attempts of this agent, and what the control plane says about them. Receiving never waits. */
export class Agent implements SessionOwner {
  readonly #parts: AgentParts;
  readonly #attempts = new Map<string, RunLease>();
  readonly #seen = new RecentKeys(REMEMBERED_LEASES);
  #takesWork = true;
  #creditScheduled = false;
  /** What the control plane was told last; undefined if it may believe something else. */
  #toldSlots: number | undefined;
  #lastGrantAt = 0;

  constructor(parts: AgentParts) {
    this.#parts = parts;
  }

  /** Goes on with everything that an earlier agent process left. */
  resume(): void {
    for (const { attempt, resume } of leftAttempts(this.#parts.around))
      this.#follow(attempt, resume);
  }

  /** Attempts of which anything is left, be it a line of output. */
  get attempts(): readonly RunLease[] {
    return [...this.#attempts.values()];
  }

  /** Attempts whose process may exist. */
  get running(): readonly RunLease[] {
    return this.attempts.filter(({ phase }) => phase === "starting" || phase === "running");
  }

  /** Attempts that wait for their time or for permission. */
  get waiting(): readonly RunLease[] {
    return this.attempts.filter(({ phase }) => phase === "accepted");
  }

  /** When the last lease came, on the monotonic clock; 0 if none did. */
  get lastGrantAt(): number {
    return this.#lastGrantAt;
  }

  /** How many more leases it can take. */
  get freeSlots(): number {
    const assignable = this.#takesWork && this.#parts.selfCheck.problem === undefined;
    return freeSlots(this.#parts.introduction.limit ?? null, this.#attempts.values(), assignable);
  }

  /** Takes no more leases. What it has goes on. */
  takeNoMore(): void {
    this.#takesWork = false;
    this.changed();
  }

  /** Gives back what was not started. */
  giveBack(reason: string): void {
    for (const attempt of this.#attempts.values()) attempt.giveBack(reason);
  }

  /** Ends everything it runs; `graceMs` undefined: each with its own grace. */
  stopAll(reason: string, graceMs?: number): void {
    for (const attempt of this.#attempts.values()) {
      attempt.stop({ kind: "leaving", reason, graceMs: graceMs ?? attempt.lease.stopGraceMs });
    }
  }

  /** Says how many slots are free, once for all that changes in this turn of the event loop. */
  changed(): void {
    this.#parts.onChange();
    if (this.#creditScheduled) return;
    this.#creditScheduled = true;
    setImmediate(() => {
      this.#creditScheduled = false;
      const slots = this.freeSlots;
      if (slots === this.#toldSlots) return;
      this.#toldSlots = slots;
      this.#parts.around.outbox.credit(slots);
    });
  }

  async hello(): Promise<AgentHello> {
    const { around, introduction } = this.#parts;
    const identity = around.journal.identity();
    const session = identity.session + 1;
    await around.journal.write((rows) => rows.setSession(session));
    const held = this.attempts.filter((attempt) => attempt.held);
    return {
      ...introduction,
      agentId: identity.agentId,
      session,
      version: VERSION,
      protocolVersion: PROTOCOL_VERSION,
      held: held.map(({ ref, phase }) => ({ ref, phase: WIRE_PHASES[phase] })),
    };
  }

  held(): LeaseRef[] {
    return this.attempts.filter((attempt) => attempt.held).map(({ ref }) => ref);
  }

  onWelcome(welcome: SessionWelcome, connection: Connection): void {
    const { around, introduction, onConnected } = this.#parts;
    if (welcome.workPoolType !== around.driver.type) {
      throw new AppError(
        "work_pool_type_mismatch",
        `work pool '${introduction.workPoolName}' is of type '${welcome.workPoolType}', and this agent runs '${around.driver.type}'; choose another pool`,
      );
    }
    if (welcome.workPoolPaused)
      around.logger.warning("the work pool is paused; nothing will start until it is resumed");
    for (const ref of welcome.fenced) {
      const attempt = this.#attempts.get(leaseKey(ref));
      attempt?.stop({
        kind: "fenced",
        reason: "the control plane gave the run up while this agent was away",
        graceMs: attempt.lease.stopGraceMs,
      });
    }
    for (const attempt of this.#attempts.values()) attempt.reconnected();
    around.reports.sendAll();
    around.shipper.attach(connection);
    this.#toldSlots = undefined;
    this.changed();
    onConnected();
  }

  onDisconnected(): void {
    this.#parts.around.shipper.detach();
  }

  onRefused(error: Error): void {
    this.#parts.onRefused(error);
  }

  onMessage(message: WorkMessage): void {
    switch (message.$case) {
      case "granted":
        for (const lease of message.value.leases) this.#granted(lease);
        return;
      case "startReplies":
        for (const reply of message.value.replies) {
          if (reply.ref !== undefined) this.#attempts.get(leaseKey(reply.ref))?.answered(reply);
        }
        return;
      case "reportsAcknowledged":
        this.#parts.around.reports.acknowledge(message.value.sequences);
        return;
      case "stop":
        this.#ordered(message.value);
        return;
      case "drain": {
        const reason = message.value.reason || "the control plane asked";
        this.#parts.around.logger.info("takes no more work", { reason });
        this.takeNoMore();
        this.giveBack(reason);
      }
    }
  }

  #granted(lease: Lease): void {
    const { around } = this.#parts;
    const { ref } = lease;
    if (ref === undefined || !this.#seen.add(leaseKey(ref))) return;
    this.#lastGrantAt = around.clock.monotonic();
    // The control plane believes that the slot is taken, whatever becomes of the lease.
    this.#toldSlots = undefined;
    this.changed();
    const problem = this.#takesWork
      ? this.#parts.selfCheck.problem
      : "the agent takes no more work";
    if (problem !== undefined) return around.outbox.returned(ref, problem);
    if (this.#attempts.has(leaseKey(ref))) return;
    const attempt = new RunLease(ref, lease, "accepted", around);
    this.#follow(attempt, () => attempt.accept());
  }

  #ordered({ ref, reason, graceMs }: StopOrder): void {
    if (ref === undefined) return;
    const { outbox, reports, logger } = this.#parts.around;
    const key = leaseKey(ref);
    outbox.stopHeard(ref);
    const attempt = this.#attempts.get(key);
    if (attempt !== undefined) return attempt.stop(readStop(reason, graceMs));
    // One that was here is over, and its report is on the way or was heard. This one never came,
    // and if it still does it is not taken.
    if (!this.#seen.add(key)) return;
    const event = crashedEvent(
      "the lease never reached the agent before the run was stopped",
      true,
    );
    reports
      .add(ref, event, () => {})
      .catch((error: unknown) => {
        logger.error("cannot report", { lease: key, error: messageOf(error) });
      });
  }

  #follow(attempt: RunLease, path: () => Promise<void>): void {
    const { silence } = this.#parts.around;
    this.#attempts.set(attempt.key, attempt);
    this.#seen.add(attempt.key);
    silence.watch(attempt);
    path()
      .catch((error: unknown) => {
        this.#parts.around.logger.error("an attempt was lost inside of the agent", {
          lease: attempt.key,
          error: messageOf(error),
        });
      })
      .finally(() => {
        this.#attempts.delete(attempt.key);
        silence.release(attempt);
        this.changed();
      });
  }
}

function readStop(reason: StopReason, graceMs: number): StopRequest {
  if (reason === StopReason.FENCED) {
    return { kind: "fenced", reason: "the run is no longer this agent's", graceMs };
  }
  const why =
    reason === StopReason.REVOKED ? "the run was ended elsewhere" : "the run was cancelled";
  return { kind: "ordered", reason: why, graceMs };
}
