import { expect, test } from "bun:test";
import fc from "fast-check";
import { parseTimestamp } from "./database.ts";

/** Microseconds since 1970 as PostgreSQL would write them in a zone of so many minutes. */
function postgresText(micros: number, offsetMinutes: number): string {
  const millis = Math.floor(micros / 1000);
  const iso = new Date(millis + offsetMinutes * 60_000).toISOString();
  const fraction = `${iso.slice(20, 23)}${String(micros - millis * 1000).padStart(3, "0")}`.replace(
    /0+$/,
    "",
  );
  const size = Math.abs(offsetMinutes);
  const hours = String(Math.floor(size / 60)).padStart(2, "0");
  const minutes = size % 60 === 0 ? "" : `:${String(size % 60).padStart(2, "0")}`;
  const date = `${iso.slice(0, 10)} ${iso.slice(11, 19)}`;
  return `${date}${fraction === "" ? "" : `.${fraction}`}${offsetMinutes < 0 ? "-" : "+"}${hours}${minutes}`;
}

const MICROS = fc.integer({ min: 0, max: 4_102_444_800_000_000 });
const ZONES = fc.constantFrom(0, 60, -300, 330, 345, -210, 840);

test("every timestamp is read to the microsecond, in whatever zone PostgreSQL writes it", () => {
  fc.assert(
    fc.property(MICROS, ZONES, (micros, zone) => {
      const read = parseTimestamp(postgresText(micros, zone));
      expect(Math.round(read * 1000)).toBe(micros);
    }),
    { numRuns: 1000 },
  );
});

test("infinity stays infinite", () => {
  expect(parseTimestamp("infinity")).toBe(Infinity);
  expect(parseTimestamp("-infinity")).toBe(-Infinity);
});
