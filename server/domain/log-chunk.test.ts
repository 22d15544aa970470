import { expect, test } from "bun:test";
import fc from "fast-check";
import { type OutputPiece, takePiece } from "./log-chunk.ts";

const piece = (startOffset: number, endOffset: number, offsets: number[]) => ({
  startOffset,
  endOffset,
  lines: offsets.map((offset) => ({ offset })),
});

test("a piece is taken where the stored output ends, or across it, and nowhere else", () => {
  const offsets = (stored: number, taken: OutputPiece<{ offset: number }>) => {
    const { lines, storedOffset } = takePiece(stored, taken);
    return [lines.map(({ offset }) => offset), storedOffset];
  };
  expect(offsets(10, piece(10, 20, [10, 15]))).toEqual([[10, 15], 20]);
  expect(offsets(10, piece(0, 20, [0, 5, 10, 15]))).toEqual([[10, 15], 20]);
  expect(offsets(10, piece(0, 10, [0, 5]))).toEqual([[], 10]);
  expect(offsets(10, piece(11, 20, [11]))).toEqual([[], 10]);
});

test("a line outside of its piece, or there twice, is not taken", () => {
  const { lines } = takePiece(10, piece(10, 20, [9, 12, 12, 11, 20, 15, Number.NaN]));
  expect(lines.map(({ offset }) => offset)).toEqual([12, 15]);
});

test("whatever pieces of one output come, each line is taken once and in order", () => {
  const pieces = fc.array(fc.tuple(fc.nat(40), fc.nat(40)), { maxLength: 60 });
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 40 }),
      pieces,
      (lengths, cuts) => {
        const ends = lengths.map((_, index) =>
          lengths.slice(0, index + 1).reduce((a, b) => a + b, 0),
        );
        const begins = [0, ...ends];
        let stored = 0;
        const taken: number[] = [];
        for (const [a, b] of [...cuts, [0, 40] as const]) {
          const first = Math.min(a, b, lengths.length);
          const last = Math.min(Math.max(a, b), lengths.length);
          const result = takePiece(
            stored,
            piece(begins[first] ?? 0, begins[last] ?? 0, begins.slice(first, last)),
          );
          taken.push(...result.lines.map(({ offset }) => offset));
          stored = result.storedOffset;
        }
        expect(taken).toEqual(begins.slice(0, -1));
        expect(stored).toBe(begins.at(-1) ?? 0);
      },
    ),
  );
});
