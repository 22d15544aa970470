import { leaseKeyText } from "#server/store/leases.ts";
import type { GrantedLease } from "#server/transitions/grant-leases.ts";

/** Leases whose time of sending is kept; by then their agents have long spoken of the oldest. */
const MAX_KEPT = 2_000;

/** How long after its grant each lease was handed to the transport. */
export class SendTimes {
  readonly #afterUs = new Map<string, number>();

  /** These leases are handed to the transport now. */
  note(leases: readonly GrantedLease[]): void {
    const now = performance.now();
    for (const lease of leases) {
      this.#afterUs.set(leaseKeyText(lease), Math.round((now - lease.stampedAtMs) * 1000));
    }
    for (const oldest of this.#afterUs.keys()) {
      if (this.#afterUs.size <= MAX_KEPT) break;
      this.#afterUs.delete(oldest);
    }
  }

  /**
   * Microseconds from grant to transport; null if this stream has not sent it. Told as often as it
   * is asked: acceptance and start request are committed apart, and either may be first.
   */
  of(leaseKey: string): number | null {
    return this.#afterUs.get(leaseKey) ?? null;
  }
}
