import { isDatabaseAway } from "#server/store/database-away.ts";
import { backoffMs } from "#shared/backoff.ts";

const RETRY = { firstMs: 100, maxMs: 5_000 };

/** Most items committed at once. */
const MAX_ITEMS = 100;

/** How a lane commits. */
export interface CommitLaneOptions<Item> {
  /** Commits the items. May be called again with the same ones: it must be idempotent. */
  readonly commit: (items: readonly Item[]) => Promise<void>;
  /** Told of a failure that repeating does not cure; the lane is closed then. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Commits what one agent says, in order and one group at a time. While the database is away it
 * tries again, for as long as the session lives: what is not committed is not acknowledged, and
 * the agent says it again on its next stream. An item that comes twice waits once.
 */
export class CommitLane<Item> {
  readonly #options: CommitLaneOptions<Item>;
  readonly #waiting = new Map<string | number, Item>();
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: CommitLaneOptions<Item>) {
    this.#options = options;
  }

  /** Commits the item behind all that wait. `key` tells repetitions. */
  add(key: string | number, item: Item): void {
    if (this.#closed) return;
    this.#waiting.set(key, item);
    this.#running ??= this.#run();
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    await this.#running;
  }

  /** Forgets what waits; what is under way is finished, but not repeated. */
  close(): void {
    this.#closed = true;
    this.#waiting.clear();
  }

  async #run(): Promise<void> {
    // One turn later, so that all items of a message are in the first group.
    await Promise.resolve();
    try {
      while (this.#waiting.size > 0) {
        const group = [...this.#waiting].slice(0, MAX_ITEMS);
        for (const [key] of group) this.#waiting.delete(key);
        await this.#commit(group.map(([, item]) => item));
      }
    } catch (error) {
      this.close();
      this.#options.onFailure(error);
    } finally {
      this.#running = undefined;
    }
  }

  async #commit(items: readonly Item[]): Promise<void> {
    for (let failures = 1; !this.#closed; failures++) {
      try {
        await this.#options.commit(items);
        return;
      } catch (error) {
        if (!isDatabaseAway(error)) throw error;
        await Bun.sleep(backoffMs(RETRY, failures, Math.random()));
      }
    }
  }
}
