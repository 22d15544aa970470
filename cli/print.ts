import { Option } from "commander";
import type { Document } from "./documents.ts";
import { renderDetails, renderTable, type Cell, type Column } from "./table.ts";
import type { Sink } from "./terminal.ts";

/** The option of every command that prints something. */
export function outputOption(): Option {
  return new Option("-o, --output <format>", "print as a program reads it").choices(["json"]);
}

/** What the option leaves among a command's options. */
export interface OutputOptions {
  readonly output?: "json";
}

/** JSON, indented by two, never wrapped or cut. */
export function printJson(sink: Sink, value: Document | readonly Document[]): void {
  sink.write(`${JSON.stringify(value, null, 2)}\n`);
}

/** A table that fits the terminal. */
export function printTable(
  sink: Sink,
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
): void {
  sink.write(renderTable(columns, rows, { width: sink.columns, paintTitle: sink.colours.bold }));
}

/** Names and values below each other; those without a value are left out. */
export function printDetails(sink: Sink, details: readonly (readonly [string, Cell])[]): void {
  const told = details.filter(([, cell]) => (typeof cell === "string" ? cell : cell.text) !== "");
  sink.write(renderDetails(told, sink.colours.bold));
}

/** A heading with an empty line before it. */
export function printHeading(sink: Sink, title: string): void {
  sink.write(`\n${sink.colours.bold(sink.colours.underline(title))}\n`);
}

/** A line that says what was done. */
export function printSuccess(sink: Sink, text: string): void {
  sink.write(`${sink.colours.green(text)}\n`);
}

/** A line that says what to do next, or what is remarkable. */
export function printNote(sink: Sink, text: string): void {
  sink.write(`${sink.colours.dim(text)}\n`);
}

/** A line that warns; belongs on the error stream. */
export function printWarning(sink: Sink, text: string): void {
  sink.write(`${sink.colours.yellow(`Warning: ${text}`)}\n`);
}

/** A JSON value as people read it: short ones on one line. */
export function jsonText(value: unknown): string {
  const short = JSON.stringify(value) ?? "";
  return short.length <= 60 ? short : JSON.stringify(value, null, 2);
}
