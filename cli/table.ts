import { printable } from "./terminal.ts";

/** A column of a table. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** May be cut short where the line is too narrow. */
  readonly flexible?: boolean;
}

/** A cell: its text, and how to colour it once it has its width. */
export type Cell = string | { readonly text: string; readonly paint: (text: string) => string };

const GAP = "  ";
const NARROWEST = 6;
const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** How many character cells a text takes on a terminal. */
export function widthOf(text: string): number {
  return Bun.stringWidth(text);
}

/** The text, cut to at most `width` cells; what was cut is marked by an ellipsis. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  let cut = "";
  let taken = 0;
  for (const { segment } of graphemes.segment(text)) {
    taken += widthOf(segment);
    if (taken > width - 1) break;
    cut += segment;
  }
  return `${cut}…`;
}

/**
 * The rows in aligned columns under their titles, ending with a newline. Where `width` is given,
 * flexible columns are cut until a line fits, the widest first; without it nothing is cut.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  options: { width?: number | undefined; paintTitle?: (title: string) => string } = {},
): string {
  const texts = rows.map((row) => columns.map((_, index) => printable(textOf(row[index]))));
  const widths = columns.map((column, index) =>
    Math.max(widthOf(column.title), ...texts.map((row) => widthOf(row[index] ?? ""))),
  );
  if (options.width !== undefined) narrow(columns, widths, options.width);

  const line = (cells: readonly Cell[]): string =>
    columns
      .map((column, index) => {
        const cell = cells[index] ?? "";
        const padded = pad(printable(textOf(cell)), widths[index] ?? 0, column.align ?? "left");
        return typeof cell === "string" ? padded : cell.paint(padded);
      })
      .join(GAP)
      .trimEnd();

  const paint = options.paintTitle ?? ((title: string) => title);
  const titles = columns.map((column) => ({ text: column.title, paint }));
  return `${[titles, ...rows].map(line).join("\n")}\n`;
}

function textOf(cell: Cell | undefined): string {
  return cell === undefined ? "" : typeof cell === "string" ? cell : cell.text;
}

function pad(text: string, width: number, align: "left" | "right"): string {
  const cut = cutTo(text, width);
  const blank = " ".repeat(Math.max(0, width - widthOf(cut)));
  return align === "right" ? blank + cut : cut + blank;
}

function narrow(columns: readonly Column[], widths: number[], width: number): void {
  const total = (): number =>
    widths.reduce((sum, each) => sum + each, 0) + GAP.length * (widths.length - 1);
  while (total() > width) {
    let widest = -1;
    for (const [index, column] of columns.entries()) {
      if (!column.flexible || (widths[index] ?? 0) <= NARROWEST) continue;
      if (widest === -1 || (widths[index] ?? 0) > (widths[widest] ?? 0)) widest = index;
    }
    if (widest === -1) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
}

/** Names and values below each other, the values aligned. Values of several lines are indented. */
export function renderDetails(
  details: readonly (readonly [name: string, value: Cell])[],
  paintName: (name: string) => string = (name) => name,
): string {
  const width = Math.max(0, ...details.map(([name]) => widthOf(name)));
  const lines = details.map(([name, cell]) => {
    const text = textOf(cell)
      .split("\n")
      .map(printable)
      .join(`\n${" ".repeat(width + GAP.length)}`);
    const value = typeof cell === "string" ? text : cell.paint(text);
    return `${paintName(pad(name, width, "left"))}${GAP}${value}`.trimEnd();
  });
  return lines.map((line) => `${line}\n`).join("");
}
