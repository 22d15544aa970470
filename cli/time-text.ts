import { InvalidArgumentError } from "commander";
import type { Millis } from "#shared/clock.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const UNITS: ReadonlyMap<string, number> = new Map(
  (
    [
      ["ms millisecond milliseconds", 1],
      ["s sec secs second seconds", SECOND],
      ["m min mins minute minutes", MINUTE],
      ["h hr hrs hour hours", HOUR],
      ["d day days", DAY],
      ["w week weeks", 7 * DAY],
    ] as const
  ).flatMap(([words, ms]) => words.split(" ").map((word) => [word, ms] as const)),
);

/** A span such as `90s`, `1h30m` or `2 hours 5 minutes`, in milliseconds; a bare number: seconds. */
export function parseSpan(text: string): number {
  const bare = Number(text);
  if (text.trim() !== "" && Number.isFinite(bare) && bare >= 0) return bare * SECOND;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]+)[\s,]*/gi)];
  let total = 0;
  for (const [, amount, unit] of parts) {
    const ms = UNITS.get((unit ?? "").toLowerCase());
    if (ms === undefined)
      throw new InvalidArgumentError(`'${unit}' is not a unit; use s, m, h or d.`);
    total += Number(amount) * ms;
  }
  if (parts.length === 0 || parts.map((part) => part[0]).join("") !== text.trimStart()) {
    throw new InvalidArgumentError(`'${text}' is not a span; write for example 90s, 5m or 1h30m.`);
  }
  return total;
}

const TIME = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

/** A time by ISO 8601; without a zone it is local, and a bare date is local midnight. */
export function parseTime(text: string): Date {
  const given = text.trim();
  const withTime = /^\d{4}-\d{2}-\d{2}$/.test(given) ? `${given}T00:00` : given.replace(" ", "T");
  const time = new Date(withTime);
  if (!TIME.test(given) || Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError(
      `'${text}' is not a time; write for example 2030-01-31T09:00 or 2030-01-31T09:00:00Z.`,
    );
  }
  return time;
}

/** How long ago, or in how long, in words. */
export function relativeTime(time: Date | undefined, now: Millis): string {
  if (time === undefined) return "";
  const distance = time.getTime() - now;
  const span = roughSpan(Math.abs(distance));
  if (span === "") return "now";
  return distance > 0 ? `in ${span}` : `${span} ago`;
}

function roughSpan(ms: number): string {
  for (const [unit, size] of [
    ["day", DAY],
    ["hour", HOUR],
    ["minute", MINUTE],
    ["second", SECOND],
  ] as const) {
    const count = Math.floor(ms / size);
    if (count > 0) return `${count} ${unit}${count === 1 ? "" : "s"}`;
  }
  return "";
}

/** A span in seconds, short: `0.42 s`, `12.3 s`, `3 m 05 s`, `2 h 10 m`. */
export function shortSpan(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole < 3600) return `${Math.floor(whole / 60)} m ${two(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} m`;
}

/** A time to the millisecond on the reader's clock: `2030-01-31 09:00:00.123`. */
export function localTime(time: Date | undefined): string {
  if (time === undefined) return "";
  const digits = (value: number, count: number): string => String(value).padStart(count, "0");
  const date = `${time.getFullYear()}-${digits(time.getMonth() + 1, 2)}-${digits(time.getDate(), 2)}`;
  const clock = [time.getHours(), time.getMinutes(), time.getSeconds()].map((part) =>
    digits(part, 2),
  );
  return `${date} ${clock.join(":")}.${digits(time.getMilliseconds(), 3)}`;
}
