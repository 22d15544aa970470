/** What the end of a process means, in words for its owner. */
export interface ExitMeaning {
  /** `error`: the program says so itself. `killed`: it could not run, or was ended from outside. */
  readonly kind: "clean" | "error" | "killed";
  readonly explanation: string;
}

/** What ran the command: a process of the agent's host, or a container made of an image. */
type Surroundings = "process" | "container";

/** The codes of those who should have run the command, where it did not run. */
const NOT_RUN: Readonly<Record<Surroundings, Readonly<Record<number, string>>>> = {
  process: {
    125: "the program that should have run the command could not; see its output",
    126: "the command was found but is not executable; check its permissions",
    127: "the command was not found; check its name and PATH on the agent's host",
  },
  container: {
    125: "the container could not be run; check the image, its entrypoint and the container runtime",
    126: "the command was found but is not executable; check its permissions in the image",
    127: "the command was not found; check PATH and what the image contains",
  },
};

/** Signals by number, where Linux and macOS agree. */
const SIGNALS: Readonly<Record<number, string>> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  5: "SIGTRAP",
  6: "SIGABRT",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  13: "SIGPIPE",
  14: "SIGALRM",
  15: "SIGTERM",
  24: "SIGXCPU",
  25: "SIGXFSZ",
};

const SIGNAL_MEANINGS: Readonly<Record<string, string>> = {
  SIGKILL:
    "most often because memory ran out, else because somebody killed it; give it more memory if nobody did",
  SIGTERM:
    "it was asked to end from outside; look for a platform that stops, evicts or scales down tasks",
  SIGINT: "it was interrupted, as by Ctrl-C",
  SIGSEGV: "it touched memory it may not touch",
  SIGABRT: "it gave up by itself, as after a failed assertion",
  SIGXCPU: "it used up the processor time it is allowed",
  SIGXFSZ: "it wrote a file larger than it is allowed",
};

const MEMORY_KILL = 247;
const LAST_SIGNAL = 64;

/**
 * What an exit code or a signal means to a run of a pool of that type; null: it is not known any
 * more. Shells and container runtimes say 128 + n for signal n; codes above 128 that are no such
 * sum are the program's own, as 255 for `exit(-1)`.
 */
export function explainExit(
  exitCode: number | null,
  signal: string | null,
  poolType: string | null,
): ExitMeaning {
  if (signal !== null && signal !== "")
    return { kind: "killed", explanation: killedBy(signal, "") };
  if (exitCode === null) {
    return { kind: "killed", explanation: "It ended, but how is not known." };
  }
  if (exitCode === 0) return { kind: "clean", explanation: "It exited with code 0." };
  const exited = `It exited with code ${exitCode}`;
  // What is said of a process holds of a container too, so it is said where the type is unknown.
  const surroundings = poolType === null || poolType === "process" ? "process" : "container";
  const notRun = NOT_RUN[surroundings][exitCode];
  if (notRun !== undefined) return { kind: "killed", explanation: `${exited}: ${notRun}.` };
  if (exitCode === MEMORY_KILL) {
    const why = "it was killed for the memory it used; give it more, or find what takes it";
    return { kind: "killed", explanation: `${exited}: ${why}.` };
  }
  const number = exitCode - 128;
  if (number >= 1 && number <= LAST_SIGNAL) {
    const name = SIGNALS[number] ?? `signal ${number}`;
    return { kind: "killed", explanation: killedBy(name, ` (exit code ${exitCode})`) };
  }
  const where = exitCode === 1 ? "look for an unhandled error in its output" : "see its output";
  return { kind: "error", explanation: `${exited}; ${where}.` };
}

function killedBy(signal: string, code: string): string {
  const meaning = SIGNAL_MEANINGS[signal];
  return `It was ended by ${signal}${code}${meaning === undefined ? "" : `: ${meaning}`}.`;
}
