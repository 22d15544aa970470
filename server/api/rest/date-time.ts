import type { Millis } from "#shared/clock.ts";

const TIME =
  /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)? ?([Zz]|[+-]\d\d(?::?\d\d)?)?$/;

const FIRST = Date.parse("0001-01-01T00:00:00Z");
const BEHIND_LAST = Date.parse("+010000-01-01T00:00:00Z");

/**
 * A time as clients write it, in RFC 3339 and UTC with at most microseconds; undefined if it is
 * none, or not of the years 1 to 9999 in UTC. A number is seconds since 1970; without a zone it is UTC; a day is its first moment.
 */
export function normaliseDateTime(value: unknown): string | undefined {
  if (typeof value === "number") {
    const millis = value * 1000;
    return isTold(millis) ? writeDateTime(millis) : undefined;
  }
  const parts = typeof value === "string" ? TIME.exec(value) : null;
  if (parts === null) return undefined;
  const [, day, minutes = "00:00", seconds = "00", fraction = "", zone = "Z"] = parts;
  const offset = /^[+-]\d\d$/.test(zone) ? `${zone}:00` : zone.replace(/^(...)(\d\d)$/, "$1:$2");
  const whole = Date.parse(`${day}T${minutes}:${seconds}${offset.toUpperCase()}`);
  if (!isTold(whole) || !isDay(day)) return undefined;
  // Microseconds stay as they were written: no number of milliseconds holds all of them.
  return withMicros(whole, fraction.padEnd(6, "0").slice(0, 6));
}

/** Whether RFC 3339 and the database have a text for it; not if it is no number. */
function isTold(at: Millis): boolean {
  return at >= FIRST && Math.round(at * 1000) < BEHIND_LAST * 1000;
}

/** Date.parse takes the 30th of February for the 2nd of March. */
function isDay(day = ""): boolean {
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

/** A time of a checked request as Millis. */
export function readDateTime(text: string): Millis {
  const [whole = "", fraction = ""] = text.slice(0, -1).split(".");
  return Date.parse(`${whole}Z`) + Number(`0.${fraction}0`) * 1000;
}

/** A time as it is answered: RFC 3339, UTC, microseconds. */
export function writeDateTime(at: Millis): string {
  const micros = Math.round(at * 1000);
  const whole = Math.floor(micros / 1_000_000);
  return withMicros(whole * 1000, String(micros - whole * 1_000_000).padStart(6, "0"));
}

function withMicros(whole: number, micros: string): string {
  return `${new Date(whole).toISOString().slice(0, -5)}.${micros}Z`;
}
