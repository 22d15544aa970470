import type { TransitionContext } from "#server/transitions/context.ts";
import { AppError } from "#shared/errors.ts";
import type { ReadReadiness, RestContext, RestSettings } from "./context.ts";
import { CsrfTokens } from "./csrf-tokens.ts";

/** What handlers work with, from before the control plane can serve until after it no longer does. */
export class Serving implements RestContext {
  readonly settings: RestSettings;
  readonly readReadiness: ReadReadiness;
  readonly csrf: CsrfTokens | null;
  #transitions: TransitionContext | undefined;

  constructor(settings: RestSettings, readReadiness: ReadReadiness) {
    this.settings = settings;
    this.readReadiness = readReadiness;
    const { csrfSeconds } = settings;
    this.csrf = csrfSeconds === null ? null : new CsrfTokens(() => this.transitions, csrfSeconds);
  }

  /** From now on requests are served. */
  begin(transitions: TransitionContext): void {
    this.#transitions = transitions;
  }

  /** From now on requests are sent away. */
  end(): void {
    this.#transitions = undefined;
  }

  get transitions(): TransitionContext {
    if (this.#transitions !== undefined) return this.#transitions;
    throw new AppError(
      "shutting_down",
      "The control plane is starting or stopping; try again in a few seconds.",
    );
  }
}
