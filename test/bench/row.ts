/** One line of the table. */
export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the design allows; null if it says nothing. */
  readonly budget: number | null;
  /** The same of something known, measured in the same run; null if there is none. */
  readonly baseline: number | null;
  /** Within the budget; true where there is none. */
  readonly ok: boolean;
}

/** What a value is held against. */
export interface Bounds {
  readonly atMost?: number;
  readonly atLeast?: number;
  readonly baseline?: number;
}

/** A row, judged. Values are kept to three significant digits, as far as they mean anything. */
export function row(name: string, value: number, unit: string, bounds: Bounds = {}): Row {
  const { atMost, atLeast, baseline } = bounds;
  const ok = !(value > (atMost ?? Infinity)) && !(value < (atLeast ?? -Infinity));
  return {
    name,
    value: rounded(value),
    unit,
    budget: atMost ?? atLeast ?? null,
    baseline: baseline === undefined ? null : rounded(baseline),
    ok: ok && Number.isFinite(value),
  };
}

/** The value below which this share of the samples lies; `share` from 0 to 1. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const index = Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1);
  return sorted[Math.max(0, index)] ?? Number.NaN;
}

/** The rows as a table for people. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map((one) => [
    one.name,
    shown(one.value),
    one.unit,
    shown(one.budget),
    shown(one.baseline),
    one.ok ? "ok" : "MISSED",
  ]);
  const all = [["what", "value", "unit", "budget", "baseline", ""], ...cells];
  const widths = [0, 1, 2, 3, 4, 5].map((column) =>
    Math.max(...all.map((line) => (line[column] ?? "").length)),
  );
  const numeric = new Set([1, 3, 4]);
  return all
    .map((line) =>
      line
        .map((cell, column) => {
          const width = widths[column] ?? 0;
          return numeric.has(column) ? cell.padStart(width) : cell.padEnd(width);
        })
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function shown(value: number | null): string {
  return value === null ? "–" : String(value);
}

function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
