import { messageOf } from "./errors.ts";
import type { Logger } from "./logger.ts";

interface Step {
  readonly name: string;
  readonly stop: () => Promise<void> | void;
}

/**
 * What was started, stopped in reverse order. Stopping twice waits for the first stop; a step that
 * fails is logged and does not keep the others from stopping.
 */
export class Lifecycle {
  readonly #steps: Step[] = [];
  readonly #logger: Logger;
  #stopping: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Registers how to undo what was just started. */
  onStop(name: string, stop: () => Promise<void> | void): void {
    this.#steps.push({ name, stop });
  }

  /** Undoes everything, the newest first. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stopAll();
    return this.#stopping;
  }

  async #stopAll(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      this.#logger.debug("stopping", { step: step.name });
      try {
        await step.stop();
      } catch (error) {
        this.#logger.error("could not stop cleanly", { step: step.name, error: messageOf(error) });
      }
    }
  }
}
