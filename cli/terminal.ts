import pc from "picocolors";

type Colours = ReturnType<typeof pc.createColors>;

/** One of the two streams a command writes to. */
export interface Sink {
  /** Whether a person watches it. */
  readonly isTerminal: boolean;
  /** Characters per line; undefined where lines have no end, as in a pipe. */
  readonly columns: number | undefined;
  /** Colours; all of them do nothing where colours are not wanted. */
  readonly colours: Colours;
  write(text: string): void;
  /** Resolves when what was written has been taken by the other side. */
  drained(): Promise<void>;
}

/** Where a command writes: results to `out`, everything else to `err`. */
export interface Terminal {
  readonly out: Sink;
  readonly err: Sink;
}

interface Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly writableLength: number;
  readonly destroyed: boolean;
  write(text: string): boolean;
  once(event: "drain" | "close" | "error", listener: () => void): unknown;
}

/** Whether to colour: only a terminal that can, and not if NO_COLOR has any value. */
export function wantsColour(
  isTerminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const unwanted = environment["NO_COLOR"] !== undefined && environment["NO_COLOR"] !== "";
  return isTerminal && !unwanted && environment["TERM"] !== "dumb";
}

/** A stream of the process as a sink. */
export function sinkOf(
  stream: Writable,
  environment: Readonly<Record<string, string | undefined>>,
): Sink {
  const isTerminal = stream.isTTY === true;
  return {
    isTerminal,
    get columns() {
      return isTerminal ? (stream.columns ?? 80) : undefined;
    },
    colours: pc.createColors(wantsColour(isTerminal, environment)),
    write: (text) => void stream.write(text),
    drained: () =>
      new Promise((resolve) => {
        if (stream.writableLength === 0 || stream.destroyed) return resolve();
        for (const event of ["drain", "close", "error"] as const) stream.once(event, resolve);
      }),
  };
}

const CONTROL = /\p{Cc}/gu;
const ESCAPE = "\u001b";
const COLOUR_SEQUENCE = new RegExp(`${ESCAPE}\\[[0-9;:]*m`, "g");

/** Text of one line in which control characters are visible and without effect. */
export function printable(text: string): string {
  return text.replace(CONTROL, (character) => {
    if (character === "\n") return "\\n";
    if (character === "\t") return "\\t";
    if (character === "\r") return "\\r";
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

/**
 * A line of a program's output, for showing. In a pipe it is as the program wrote it. On a terminal
 * its colours are kept (or dropped, if colours are not wanted), and every other control sequence is
 * shown instead of obeyed.
 */
export function programLine(text: string, sink: Sink): string {
  if (!sink.isTerminal) return text;
  const coloured = sink.colours.isColorSupported;
  const parts = text
    .split(COLOUR_SEQUENCE)
    .map((part) => part.split("\t").map(printable).join("\t"));
  if (!coloured) return parts.join("");
  const sequences = text.match(COLOUR_SEQUENCE) ?? [];
  const shown = parts.map((part, index) => part + (sequences[index] ?? "")).join("");
  return sequences.length === 0 ? shown : `${shown}${ESCAPE}[0m`;
}
