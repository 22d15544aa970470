/** Wakes whoever waits, and remembers one ring that nobody waited for. */
export class Bell {
  #rung = false;
  #waiter: (() => void) | undefined;

  /** Ends the wait that is under way, or the next one. */
  ring(): void {
    if (this.#waiter === undefined) this.#rung = true;
    else this.#waiter();
  }

  /** Waits for a ring, at most `ms` milliseconds. One waiter at a time. */
  async wait(ms: number): Promise<void> {
    if (this.#rung) {
      this.#rung = false;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiter = resolve;
    // A timer holds 31 bits; who waits longer looks at the clock and waits again.
    const timer = setTimeout(resolve, Math.min(Math.max(ms, 0), 0x7fff_ffff));
    await promise;
    clearTimeout(timer);
    this.#waiter = undefined;
  }
}
