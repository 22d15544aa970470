import { StartDecision, type StartReply } from "#proto/sluice/v1/agent_service.ts";
import type { LeaseRef } from "#proto/sluice/v1/lease.ts";
import type { Clock } from "#shared/clock.ts";
import type { Bell } from "./bell.ts";
import type { Outbox } from "./session/outbox.ts";

/** What came of asking for permission to start. */
export type Permission =
  | { readonly kind: "granted"; readonly at: number }
  | { readonly kind: "refused"; readonly reason: string }
  /** The caller's own reason not to ask any more. */
  | { readonly kind: "interrupted" };

/** A question without an answer is put again: repeating it is harmless. */
const ASK_AGAIN_MS = 15_000;

/** Asks the control plane for permission to start one attempt, until there is a final answer. */
export class PermissionRequest {
  readonly #ref: LeaseRef;
  readonly #outbox: Outbox;
  readonly #clock: Clock;
  readonly #bell: Bell;
  #reply: StartReply | undefined;
  #repliedAt = 0;
  #asking = false;

  constructor(ref: LeaseRef, outbox: Outbox, clock: Clock, bell: Bell) {
    this.#ref = ref;
    this.#outbox = outbox;
    this.#clock = clock;
    this.#bell = bell;
  }

  /** An answer has come. One that nobody asked for changes nothing. */
  answer(reply: StartReply): void {
    if (!this.#asking) return;
    this.#asking = false;
    this.#reply = reply;
    this.#repliedAt = this.#clock.monotonic();
    this.#bell.ring();
  }

  /** A new stream is open, on which nothing was asked yet. */
  repeat(): void {
    if (this.#asking) this.#outbox.requestStart(this.#ref);
  }

  /**
   * Waits until `dueAt` on the monotonic clock, then asks. `interrupted` is looked at whenever the
   * bell rings; `unasked` says that no question is open, to which the answer might be yes.
   */
  async obtain(dueAt: number, interrupted: (unasked: boolean) => boolean): Promise<Permission> {
    let askAt = dueAt;
    for (;;) {
      const reply = this.#reply;
      this.#reply = undefined;
      if (reply?.decision === StartDecision.REFUSED)
        return { kind: "refused", reason: reply.reason };
      if (interrupted(!this.#asking && reply?.decision !== StartDecision.GRANTED)) {
        return { kind: "interrupted" };
      }
      if (reply?.decision === StartDecision.GRANTED)
        return { kind: "granted", at: this.#repliedAt };
      if (reply?.decision === StartDecision.WAIT) askAt = this.#repliedAt + reply.delayMs;
      const now = this.#clock.monotonic();
      if (now >= askAt) {
        this.#asking = true;
        this.#outbox.requestStart(this.#ref);
        askAt = now + ASK_AGAIN_MS;
      }
      await this.#bell.wait(askAt - now);
    }
  }
}
