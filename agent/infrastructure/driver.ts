/** Which attempt, and where its files are. */
export interface AttemptPlace {
  /** `flow-run-id:epoch`, the tag that everything of the attempt carries. */
  readonly key: string;
  /** The run directory, made from the attempt's name. */
  readonly directory: string;
  /** The file that takes the output, standard output and error as one. */
  readonly outputPath: string;
}

/** What to run. */
export interface Job {
  readonly command: string;
  /** Set on top of what the infrastructure gives. */
  readonly env: Readonly<Record<string, string>>;
  /** Names that are not inherited. */
  readonly unsetEnv: readonly string[];
  /** The parameters, a JSON object. */
  readonly parametersJson: string;
  /** Null: a fresh directory, removed with the attempt. */
  readonly workingDirectory: string | null;
  /** False: the output is thrown away. */
  readonly keepOutput: boolean;
}

/** How the leader, the first process of the attempt, ended. */
export type LeaderEnd =
  /** Exit code, or the name of the signal that ended it. */
  | { readonly kind: "exited"; readonly exitCode: number | null; readonly signal: string }
  /** User code did not start and never will. */
  | { readonly kind: "neverStarted"; readonly reason: string }
  /** It is gone, and nobody knows how it ended. */
  | { readonly kind: "lost"; readonly reason: string };

/** User code that was started, or whatever is left of it. */
export interface Infrastructure {
  /** What people call it: a pid, a container. */
  readonly id: string;
  /** For the journal: enough to adopt it after a restart of the agent. */
  readonly record: string;
  /** Resolves when the leader has ended; other processes of the tree may live on. */
  readonly ended: Promise<LeaderEnd>;
  /**
   * Ends the whole tree: asks, and after the grace kills. Resolves once nothing is left of it.
   * Calling it again can only shorten the grace.
   */
  end(graceMs: number): Promise<void>;
}

/** What became of an attempt that was started, or almost, before the agent restarted. */
export type Adoption =
  /** User code did not start and now never will. */
  | { readonly kind: "neverStarted"; readonly reason: string }
  /** It started. It may run or have ended meanwhile. */
  | { readonly kind: "adopted"; readonly infrastructure: Infrastructure };

/** User code could not be started, and never will be. The message tells a user why. */
export class LaunchError extends Error {
  override readonly name = "LaunchError";
}

/**
 * Runs attempts on one type of infrastructure, in the order create → start, and later remove.
 * Everything is idempotent under the attempt's name. Only `start` starts user code, at most once
 * for an attempt, whatever dies in between.
 */
export interface Driver {
  /** The type of work pool it serves. */
  readonly type: string;
  /** Makes everything ready but user code. Throws a LaunchError if it cannot. */
  create(place: AttemptPlace, job: Job): Promise<void>;
  /** Starts user code. Throws a LaunchError if it did not start and never will. */
  start(place: AttemptPlace, job: Job): Promise<Infrastructure>;
  /**
   * Takes over what an earlier agent started, or was about to start. `record` is the journalled one,
   * null if it was not written; `sameBoot` is false if the host restarted since.
   */
  adopt(place: AttemptPlace, record: string | null, sameBoot: boolean): Promise<Adoption>;
  /** Removes what is left on the infrastructure. The tree must be gone. */
  remove(place: AttemptPlace): Promise<void>;
}
