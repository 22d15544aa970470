import { rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "#shared/errors.ts";
import type { Logger } from "#shared/logger.ts";

/** What the self-check is given. */
export interface SelfCheckOptions {
  /** The state directory. */
  readonly directory: string;
  readonly intervalMs: number;
  readonly logger: Logger;
  /** Told when the agent becomes able or unable to take work. */
  readonly onChange: () => void;
}

const MIN_FREE_BYTES = 64 * 1024 * 1024;

/**
 * Looks at an interval whether this host can take work: an agent that cannot store what it does must
 * not ask for leases. What it holds goes on.
 */
export class SelfCheck {
  readonly #options: SelfCheckOptions;
  readonly #timer: ReturnType<typeof setInterval>;
  #problem: string | undefined;

  constructor(options: SelfCheckOptions) {
    this.#options = options;
    this.#problem = findProblem(options.directory);
    if (this.#problem !== undefined) this.#logProblem();
    this.#timer = setInterval(() => this.#set(findProblem(options.directory)), options.intervalMs);
  }

  /** Why the agent takes no work; undefined if it can. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Something went wrong that the next look will confirm or not. */
  fail(problem: string): void {
    this.#set(problem);
  }

  /** Looks no more. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #set(problem: string | undefined): void {
    if (problem === this.#problem) return;
    this.#problem = problem;
    if (problem === undefined) this.#options.logger.info("the agent takes work again");
    else this.#logProblem();
    this.#options.onChange();
  }

  #logProblem(): void {
    this.#options.logger.error("the agent takes no work", { reason: this.#problem });
  }
}

function findProblem(directory: string): string | undefined {
  try {
    const { bavail, bsize } = statfsSync(directory);
    if (bavail * bsize < MIN_FREE_BYTES) {
      return `the disk is nearly full: less than ${MIN_FREE_BYTES / 1024 / 1024} MiB are free in ${directory}`;
    }
    const probe = join(directory, "self-check");
    writeFileSync(probe, "ok\n");
    rmSync(probe);
    return undefined;
  } catch (error) {
    return `the state directory ${directory} cannot be written: ${messageOf(error)}`;
  }
}
