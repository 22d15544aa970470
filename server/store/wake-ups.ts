import notifySql from "./sql/wake-up-notify.sql" with { type: "text" };
import type { Tx } from "./transaction.ts";

/** Channel on which replicas wake one another. */
export const WAKE_UP_CHANNEL = "sluice_wake_up";

/** What a wake-up is about. */
export interface WakeUpTopics {
  /** Something in this pool may be claimable. */
  readonly pool: string;
  /** Orders wait for this agent. */
  readonly agent: string;
  /** This flow run changed, or has new output. */
  readonly flowRun: string;
}

/** What a wake-up is about. */
export type WakeUpTopic = keyof WakeUpTopics;

type Listener = (id: string) => void;

/**
 * Tells the loops of this replica, and through NOTIFY those of others, that something may have
 * changed. A wake-up is a hint: whoever listens reads the truth from the tables, and also looks by
 * itself from time to time, because a hint may be lost.
 */
export class WakeUps {
  readonly replicaId: string;
  readonly #listeners: Record<WakeUpTopic, Set<Listener>> = {
    pool: new Set(),
    agent: new Set(),
    flowRun: new Set(),
  };
  readonly #missedListeners = new Set<() => void>();

  constructor(replicaId: string) {
    this.replicaId = replicaId;
  }

  /** Calls `listener` at each wake-up of the topic until the returned function is called. */
  on(topic: WakeUpTopic, listener: Listener): () => void {
    this.#listeners[topic].add(listener);
    return () => this.#listeners[topic].delete(listener);
  }

  /** Wakes this replica's listeners. Call it after the commit. */
  emit(topic: WakeUpTopic, id: string): void {
    for (const listener of this.#listeners[topic]) listener(id);
  }

  /**
   * Calls `listener` whenever wake-ups of other replicas may have been lost, until the returned
   * function is called: anything may have changed.
   */
  onMissed(listener: () => void): () => void {
    this.#missedListeners.add(listener);
    return () => this.#missedListeners.delete(listener);
  }

  /** Tells that wake-ups of other replicas may have been lost. */
  missed(): void {
    for (const listener of this.#missedListeners) listener();
  }

  /** Hands on what another replica notified; ignores what this one did. */
  receive(payload: string): void {
    const [from, topic, id] = payload.split(" ");
    if (from === this.replicaId || id === undefined) return;
    if (topic === "pool" || topic === "agent" || topic === "flowRun") this.emit(topic, id);
  }
}

/**
 * Wakes the other replicas when the transaction commits: one NOTIFY for each distinct pool or
 * agent, never one for each run.
 */
export async function notifyOnCommit(
  tx: Tx,
  wakeUps: WakeUps,
  topic: "pool" | "agent",
  ids: Iterable<string>,
): Promise<void> {
  const payloads = [...new Set(ids)].map((id) => `${wakeUps.replicaId} ${topic} ${id}`);
  if (payloads.length === 0) return;
  await tx.query({
    name: "wake-up-notify",
    text: notifySql,
    values: [WAKE_UP_CHANNEL, payloads],
  });
}
