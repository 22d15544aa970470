// How long requests took, by path: median, 95th percentile and worst.
// Usage: latencies.ts FILE
import { readFileSync } from "node:fs";

const LINE = /"\w+ ([^ ?"]+)[^"]*" (\d{3}) .* (\d+\.\d+)$/;

const [file = "access.log"] = process.argv.slice(2);
const times = new Map<string, number[]>();
let unreadable = 0;
for (const line of readFileSync(file, "utf8").split("\n")) {
  if (line === "") continue;
  const [, path, , seconds] = LINE.exec(line) ?? [];
  if (path === undefined) unreadable += 1;
  else times.set(path, [...(times.get(path) ?? []), Number(seconds) * 1000]);
}

function percentile(sorted: readonly number[], share: number): string {
  const value = sorted[Math.ceil(sorted.length * share) - 1] ?? Number.NaN;
  return `${value.toFixed(0)} ms`.padStart(8);
}

console.log(`${"path".padEnd(20)} requests   median      p95    worst`);
const byTotal = [...times].sort(([, a], [, b]) => total(b) - total(a));
for (const [path, all] of byTotal) {
  const sorted = all.toSorted((a, b) => a - b);
  const columns = [0.5, 0.95, 1].map((share) => percentile(sorted, share)).join(" ");
  console.log(`${path.padEnd(20)} ${String(all.length).padStart(8)} ${columns}`);
}
if (unreadable > 0) {
  console.error(`${unreadable} lines of ${file} are not in the log's format`);
  process.exit(1);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
