import type { Pool } from "pg";

/** How long the database may take to answer. Milliseconds. */
const ANSWER_MS = 1_000;

/**
 * Whether this replica can do its work: what was started so far, whether it is stopping, and
 * whether its database answers now.
 */
export class Readiness {
  #phase: "starting" | "up" | "stopping" = "starting";
  #pool: Pool | undefined;

  /** Everything is started; from now on the database decides. */
  up(pool: Pool): void {
    this.#pool = pool;
    this.#phase = "up";
  }

  /** The replica stops: no new work should come. */
  stopping(): void {
    this.#phase = "stopping";
  }

  /** What keeps the replica from serving; empty if nothing does. */
  async reasons(): Promise<string[]> {
    if (this.#phase === "starting") return ["the control plane is starting"];
    if (this.#phase === "stopping") return ["the control plane is shutting down"];
    return (await this.#databaseAnswers()) ? [] : ["the database does not answer"];
  }

  async #databaseAnswers(): Promise<boolean> {
    const { promise: late, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => resolve(false), ANSWER_MS);
    const answered = this.#pool?.query("select").then(
      () => true,
      () => false,
    );
    const answers = await Promise.race([answered ?? false, late]);
    clearTimeout(timer);
    return answers;
  }
}
