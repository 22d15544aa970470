import { leaseKeyText } from "#server/store/leases.ts";
import type { GrantedLease } from "#server/transitions/grant-leases.ts";

/** Leases that were sent and not yet spoken of, whose time of sending is kept. */
const MAX_UNSPOKEN = 10_000;

/** How long after its grant each lease was handed to the transport, until its agent speaks of it. */
export class SendTimes {
  readonly #afterUs = new Map<string, number>();

  /** These leases are handed to the transport now. */
  note(leases: readonly GrantedLease[]): void {
    const now = performance.now();
    // Leases of which the agent never spoke: others will not be missed either.
    if (this.#afterUs.size > MAX_UNSPOKEN) this.#afterUs.clear();
    for (const lease of leases) {
      this.#afterUs.set(leaseKeyText(lease), Math.round((now - lease.stampedAtMs) * 1000));
    }
  }

  /** Microseconds from grant to transport, told once; null if this stream has not sent it. */
  take(leaseKey: string): number | null {
    const afterUs = this.#afterUs.get(leaseKey) ?? null;
    this.#afterUs.delete(leaseKey);
    return afterUs;
  }
}
