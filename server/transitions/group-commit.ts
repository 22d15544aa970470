import { isDatabaseAway } from "#server/store/database-away.ts";

interface Waiting<In, Out> {
  readonly item: In;
  readonly resolve: (out: Out) => void;
  readonly reject: (error: unknown) => void;
}

/** How items are committed together. */
export interface GroupCommitOptions<In, Out> {
  /** Most items in one transaction. */
  readonly maxItems: number;
  /** Most transactions at once; default 2. */
  readonly maxConcurrent?: number;
  /** Commits the items; answers in their order. If it throws, nothing was committed. */
  readonly commit: (items: In[]) => Promise<Out[]>;
}

/**
 * Commits what arrives together in one transaction. Commits are what is scarce: while one is under
 * way the next group gathers, so an idle system waits for nothing and a busy one commits by the
 * hundred. An item that the database refuses takes no other with it: after a failure that is not the
 * database's absence, the items of the group are committed one by one.
 */
export class GroupCommit<In, Out> {
  readonly #options: GroupCommitOptions<In, Out>;
  readonly #waiting: Waiting<In, Out>[] = [];
  #underWay = 0;
  #scheduled = false;

  constructor(options: GroupCommitOptions<In, Out>) {
    this.#options = options;
  }

  /** Resolves once the item is committed, with its answer. */
  submit(item: In): Promise<Out> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject });
      this.#schedule();
    });
  }

  /** How many items wait for a transaction. */
  get waiting(): number {
    return this.#waiting.length;
  }

  #schedule(): void {
    if (this.#scheduled || this.#underWay >= (this.#options.maxConcurrent ?? 2)) return;
    this.#scheduled = true;
    // Everything that arrives in this turn of the event loop belongs to the group.
    setImmediate(() => {
      this.#scheduled = false;
      void this.#flush();
    });
  }

  async #flush(): Promise<void> {
    const group = this.#waiting.splice(0, this.#options.maxItems);
    if (group.length === 0) return;
    this.#underWay += 1;
    if (this.#waiting.length > 0) this.#schedule();
    try {
      await this.#commit(group);
    } finally {
      this.#underWay -= 1;
      if (this.#waiting.length > 0) this.#schedule();
    }
  }

  async #commit(group: readonly Waiting<In, Out>[]): Promise<void> {
    try {
      const answers = await this.#options.commit(group.map(({ item }) => item));
      if (answers.length !== group.length) {
        throw new Error(`${group.length} items were committed with ${answers.length} answers`);
      }
      group.forEach(({ resolve }, index) => resolve(answers[index] as Out));
    } catch (error) {
      if (group.length === 1 || isDatabaseAway(error)) {
        for (const { reject } of group) reject(error);
        return;
      }
      for (const waiting of group) await this.#commit([waiting]);
    }
  }
}
