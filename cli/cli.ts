import type { Millis } from "#shared/clock.ts";
import { connectionOf, restConnectionOf } from "./connection.ts";
import type { ControlPlane } from "./control-plane.ts";
import { DEFAULT_WORK_POOL, environmentWithProfile, type Environment } from "./profiles.ts";
import { RestApi } from "./rest-api.ts";
import type { Terminal } from "./terminal.ts";

/** What the process offers to a command. */
export interface Surroundings {
  /** The environment of the process, without a profile. */
  readonly environment: Environment;
  readonly terminal: Terminal;
  /** Aborts on Ctrl-C. Until it is first asked for, Ctrl-C ends the process as usual. */
  interrupted(): AbortSignal;
  /** All of standard input. */
  readInput(): Promise<string>;
  /** Asks yes or no; no by default. Where nobody can be asked, the answer is yes. */
  confirm(question: string): Promise<boolean>;
  /** Asks for a line; undefined where nobody can be asked. */
  ask(question: string): Promise<string | undefined>;
  now(): Millis;
}

/** What a command is given. */
export class Cli {
  readonly surroundings: Surroundings;
  readonly #profileFlag: () => string | undefined;

  /** `profileFlag` is asked when a command needs it, after the flags were read. */
  constructor(surroundings: Surroundings, profileFlag: () => string | undefined) {
    this.surroundings = surroundings;
    this.#profileFlag = profileFlag;
  }

  get out(): Terminal["out"] {
    return this.surroundings.terminal.out;
  }

  get err(): Terminal["err"] {
    return this.surroundings.terminal.err;
  }

  /** Name of the profile that was asked for by the root flag. */
  profileFlag(): string | undefined {
    return this.#profileFlag();
  }

  /** The environment, with the variables of the profile in use under it. */
  environment(): Environment {
    return environmentWithProfile(this.surroundings.environment, this.#profileFlag());
  }

  /** Name of the pool that is meant where none is named, from environment or profile. */
  defaultWorkPool(): string | undefined {
    return this.environment()[DEFAULT_WORK_POOL] || undefined;
  }

  /** Lends a connection to the control plane, and closes it afterwards. */
  async connect<Result>(use: (plane: ControlPlane) => Promise<Result>): Promise<Result> {
    const connection = connectionOf(this.environment());
    const interrupted = this.surroundings.interrupted();
    // gRPC takes longer to load than most commands take to run; only those that call load it.
    const { ControlPlane } = await import("./control-plane.ts");
    const plane = new ControlPlane(connection, interrupted);
    try {
      return await use(plane);
    } finally {
      plane.close();
    }
  }

  /** The REST API of the control plane, for what gRPC does not have. */
  rest(): RestApi {
    return new RestApi(restConnectionOf(this.environment()), this.surroundings.interrupted());
  }
}
