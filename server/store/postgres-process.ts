import { spawn, type ChildProcess } from "node:child_process";
import { AppError } from "#shared/errors.ts";
import type { Logger } from "#shared/logger.ts";
import type { Account } from "./postgres-account.ts";

const KEPT_OUTPUT = 4_000;

/** How the programs of PostgreSQL are run. */
export interface Launch {
  /** Holds `bin`, `lib` and `share`. */
  readonly binaries: string;
  /** Undefined: the user of this program. */
  readonly account: Account | undefined;
  /** Capability that the account is given, by setpriv's name. */
  readonly capability: string | undefined;
}

/** A program of PostgreSQL that runs. */
export interface PostgresProcess {
  readonly pid: number;
  /** The end of what it wrote so far. */
  readonly output: () => string;
  /** Settles when it ended; its exit code, or null after a signal. */
  readonly exited: Promise<number | null>;
  kill(signal: NodeJS.Signals): void;
}

/**
 * Starts `bin/<program>`. Where setpriv exists, the program is told by SIGINT when this one dies,
 * however it dies. It has a session of its own, so that Ctrl-C reaches only us.
 */
export function startProgram(
  launch: Launch,
  program: "initdb" | "postgres",
  args: readonly string[],
  onLine: (line: string) => void,
): PostgresProcess {
  const [command = "", ...rest] = commandLine(launch, program, args);
  const child = spawn(command, rest, {
    // Neither the working directory nor a variable of ours may decide how PostgreSQL behaves.
    cwd: "/",
    env: { LC_ALL: "C", PATH: "/usr/bin:/bin" },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
    ...(setpriv === null && launch.account !== undefined
      ? { uid: launch.account.uid, gid: launch.account.gid }
      : {}),
  });
  let output = "";
  let partial = "";
  const take = (chunk: Buffer): void => {
    const text = chunk.toString();
    output = (output + text).slice(-KEPT_OUTPUT);
    const lines = (partial + text).split("\n");
    partial = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
  child.stdout.on("data", take);
  child.stderr.on("data", take);
  return {
    pid: child.pid ?? 0,
    output: () => output,
    exited: exitOf(child),
    kill: (signal) => void child.kill(signal),
  };
}

const setpriv = process.platform === "linux" ? Bun.which("setpriv") : null;

/** Whether a program can be started with a capability here. */
export const canGrantCapability: boolean = setpriv !== null;

function commandLine(launch: Launch, program: string, args: readonly string[]): string[] {
  const own = [`${launch.binaries}/bin/${program}`, ...args];
  if (setpriv === null) return own;
  const { account, capability } = launch;
  return [
    setpriv,
    "--pdeathsig=SIGINT",
    ...(account === undefined
      ? []
      : [`--reuid=${account.uid}`, `--regid=${account.gid}`, "--clear-groups"]),
    ...(capability === undefined
      ? []
      : [
          `--inh-caps=-all,+${capability}`,
          `--ambient-caps=-all,+${capability}`,
          // Lets it count for access(2) too, by which initdb finds its programs.
          "--securebits=+no_setuid_fixup",
        ]),
    "--",
    ...own,
  ];
}

function exitOf(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.on("error", (cause) => {
      reject(
        new AppError("database_unavailable", `PostgreSQL could not be started: ${cause.message}`, {
          cause,
        }),
      );
    });
    // "close" comes after the last of the output, unlike "exit".
    child.on("close", (code) => resolve(code));
  });
}

/** Prefix of each line of PostgreSQL's log: the kind of process that wrote it. */
export const LINE_PREFIX = "%b: ";

/**
 * Hands a line of PostgreSQL's log to ours: troubles of its own as warnings, the rest for debugging.
 * What a client's connection ended with, the client is told.
 */
export function relayLine(logger: Logger, line: string): void {
  if (line.trim() === "") return;
  const own = /\b(FATAL|PANIC):/.test(line) && !line.startsWith("client backend");
  if (own) logger.warning(`PostgreSQL ${line}`);
  else logger.debug(`PostgreSQL ${line}`);
}
