import { leaseKeyText, type LeaseKey, type StopNeeded } from "#server/store/leases.ts";

/** The stop orders that stand for one agent: each is sent again until the agent has heard it. */
export class StandingStops {
  readonly #send: (stop: StopNeeded) => void;
  readonly #stops = new Map<string, { readonly stop: StopNeeded; acknowledged: boolean }>();

  constructor(send: (stop: StopNeeded) => void) {
    this.#send = send;
  }

  /** Makes `stops` the orders that stand; new ones are sent at once. */
  deliver(stops: readonly StopNeeded[]): void {
    const known = new Map(this.#stops);
    this.#stops.clear();
    for (const stop of stops) {
      const before = known.get(leaseKeyText(stop));
      this.#stops.set(leaseKeyText(stop), { stop, acknowledged: before?.acknowledged ?? false });
      if (before === undefined) this.#send(stop);
    }
  }

  /** The agent has heard this one. */
  acknowledge(key: LeaseKey): void {
    const order = this.#stops.get(leaseKeyText(key));
    if (order !== undefined) order.acknowledged = true;
  }

  /** Sends those again that were not heard. */
  repeat(): void {
    for (const { stop, acknowledged } of this.#stops.values()) if (!acknowledged) this.#send(stop);
  }
}
