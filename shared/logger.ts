/** How much a line matters. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** Values beside the message. Never secrets. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where a component says what it does. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warning(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each line. */
  with(fields: LogFields): Logger;
}

const RANK: Record<LogLevel, number> = { debug: 0, info: 1, warning: 2, error: 3 };

/** Settings of a logger. */
export interface LoggerOptions {
  readonly level: LogLevel;
  /** `json`: one object a line, for collectors. `text`: for people. */
  readonly format: "text" | "json";
  /** Takes one finished line, without its end. */
  readonly write: (line: string) => void;
}

/** A logger that writes lines of text or JSON. */
export function createLogger(options: LoggerOptions, bound: LogFields = {}): Logger {
  const emit = (level: LogLevel, message: string, fields: LogFields = {}): void => {
    if (RANK[level] < RANK[options.level]) return;
    const all = { ...bound, ...fields };
    const time = new Date().toISOString();
    options.write(
      options.format === "json"
        ? JSON.stringify({ time, level, message, ...all })
        : `${time} ${level.toUpperCase().padEnd(7)} ${message}${formatFields(all)}`,
    );
  };
  return {
    debug: (message, fields) => emit("debug", message, fields),
    info: (message, fields) => emit("info", message, fields),
    warning: (message, fields) => emit("warning", message, fields),
    error: (message, fields) => emit("error", message, fields),
    with: (fields) => createLogger(options, { ...bound, ...fields }),
  };
}

function formatFields(fields: LogFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}=${formatValue(value)}`)
    .join("");
}

function formatValue(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? String(value));
  return /[\s"=]/.test(text) && typeof value === "string" ? JSON.stringify(text) : text;
}

/** A logger that says nothing. */
export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warning: () => {},
  error: () => {},
  with: () => silentLogger,
};
