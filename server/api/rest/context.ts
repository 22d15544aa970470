import type { TransitionContext } from "#server/transitions/context.ts";
import type { CsrfTokens } from "./csrf-tokens.ts";

/** What keeps a replica from serving, in words; none: it serves. */
export type ReadReadiness = () => Promise<readonly string[]>;

/** How the REST face is set up. */
export interface RestSettings {
  /** Most entries of a list in one answer, and how many there are if nothing is asked for. */
  readonly pageLimit: number;
  /** Version of the Prefect server that this control plane passes for. */
  readonly reportedVersion: string;
  /** Seconds that a CSRF token is good for; null: changes need none. */
  readonly csrfSeconds: number | null;
}

/** What handlers work with. */
export interface RestContext {
  readonly settings: RestSettings;
  readonly readReadiness: ReadReadiness;
  /** Null: changes need no token. */
  readonly csrf: CsrfTokens | null;
  /** Throws shutting_down while the control plane starts or stops. */
  readonly transitions: TransitionContext;
}
