import { leaseKeyText, type LeaseKey } from "#server/store/leases.ts";

/** Heartbeats in a row that must leave a lease out before it counts as dropped. */
const MISSED_BEATS = 2;

interface Shown {
  readonly key: LeaseKey;
  missed: number;
}

/**
 * What one agent holds, as far as it has said so on its stream. A lease is entered when the agent
 * shows that it has it, and leaves with the agent's word of its end or the server's refusal; so one
 * on its way to the agent, or an end that is not committed yet, never looks like a dropped lease.
 */
export class Holdings {
  readonly #shown = new Map<string, Shown>();
  #listed: readonly LeaseKey[];
  #lastBeat = 0;

  /** `held`: what the hello listed and the agent may keep. */
  constructor(held: readonly LeaseKey[]) {
    this.#listed = held;
    this.shows(held);
  }

  /** What the agent listed last. */
  get listed(): readonly LeaseKey[] {
    return this.#listed;
  }

  /** The agent shows that it has these. */
  shows(keys: readonly LeaseKey[]): void {
    for (const key of keys) this.#shown.set(leaseKeyText(key), { key, missed: 0 });
  }

  /** These are over, by the agent's word or the server's. */
  letGo(keys: readonly LeaseKey[]): void {
    for (const key of keys) this.#shown.delete(leaseKeyText(key));
  }

  /**
   * A heartbeat lists these. Answers, once each, what the agent has shown to have and has left out
   * for the second time in a row without a word. A heartbeat that comes twice says nothing new.
   */
  beat(sequence: number, listed: readonly LeaseKey[]): LeaseKey[] {
    if (sequence <= this.#lastBeat) return [];
    this.#lastBeat = sequence;
    this.#listed = listed;
    if (this.#shown.size === 0) return [];
    const present = new Set(listed.map(leaseKeyText));
    const dropped: LeaseKey[] = [];
    for (const [text, shown] of this.#shown) {
      shown.missed = present.has(text) ? 0 : shown.missed + 1;
      if (shown.missed >= MISSED_BEATS) dropped.push(shown.key);
    }
    this.letGo(dropped);
    return dropped;
  }
}
