import pc from "picocolors";
import type { Surroundings } from "#cli/cli.ts";
import type { Sink } from "#cli/terminal.ts";

/** A command line whose output is kept instead of shown. */
export interface CapturedCli {
  readonly surroundings: Surroundings;
  /** Ctrl-C. */
  readonly interrupt: () => void;
  readonly out: () => string;
  readonly err: () => string;
}

/** Surroundings without a terminal and without an environment of their own. */
export function capture(
  options: { environment?: Readonly<Record<string, string>>; input?: string } = {},
): CapturedCli {
  const interrupts = new AbortController();
  const written = { out: "", err: "" };
  const sink = (name: "out" | "err"): Sink => ({
    isTerminal: false,
    columns: undefined,
    colours: pc.createColors(false),
    write: (text) => void (written[name] += text),
    drained: () => Promise.resolve(),
  });
  return {
    surroundings: {
      environment: options.environment ?? {},
      terminal: { out: sink("out"), err: sink("err") },
      interrupted: () => interrupts.signal,
      readInput: () => Promise.resolve(options.input ?? ""),
      confirm: () => Promise.resolve(true),
      ask: () => Promise.resolve(undefined),
      now: () => Date.now(),
    },
    interrupt: () => interrupts.abort(),
    out: () => written.out,
    err: () => written.err,
  };
}
