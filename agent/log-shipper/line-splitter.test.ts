import { expect, test } from "bun:test";
import fc from "fast-check";
import { MAX_LINE_BYTES, type OutputLine, READ_BYTES, splitLines } from "./line-splitter.ts";

/** Reads an output that grows in steps, as the tail does: each call begins where the last one ended. */
function readAll(output: Buffer, steps: readonly number[]): OutputLine[] {
  const lines: OutputLine[] = [];
  let offset = 0;
  let size = 0;
  for (const step of [...steps, output.length]) {
    size = Math.min(size + step, output.length);
    const ended = size === output.length;
    for (;;) {
      const bytes = output.subarray(offset, Math.min(size, offset + READ_BYTES));
      const chunk = splitLines(bytes, offset, ended && offset + bytes.length === size);
      if (chunk.lines.length === 0) break;
      expect(chunk.startOffset).toBe(offset);
      lines.push(...chunk.lines);
      offset = chunk.endOffset;
    }
  }
  expect(offset).toBe(output.length);
  return lines;
}

const anyOutput = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary" }).map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc.constantFrom("\n", "\r\n", "\n\n", "é€😀").map((text) => Buffer.from(text)),
      fc
        .integer({ min: MAX_LINE_BYTES - 3, max: MAX_LINE_BYTES + 3 })
        .map((n) => Buffer.alloc(n, "é")),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.concat(parts));

test("an output is split into the same lines at the same offsets however it grows", () => {
  fc.assert(
    fc.property(anyOutput, fc.array(fc.nat(80_000), { maxLength: 20 }), (output, steps) => {
      expect(readAll(output, steps)).toEqual(readAll(output, []));
    }),
    { numRuns: 300 },
  );
});

test("short lines are what lies between line ends, without them", () => {
  fc.assert(
    fc.property(fc.array(fc.stringMatching(/^[a-z ]{0,30}$/)), (texts) => {
      const output = Buffer.from(texts.map((text) => `${text}\n`).join(""));
      expect(readAll(output, []).map(({ text }) => text)).toEqual(texts);
    }),
  );
});

test("a last line without an end waits for it until the output is final", () => {
  expect(splitLines(Buffer.from("a\nb"), 10, false)).toEqual({
    startOffset: 10,
    endOffset: 12,
    lines: [{ offset: 10, text: "a" }],
  });
  expect(splitLines(Buffer.from("b"), 12, true).lines).toEqual([{ offset: 12, text: "b" }]);
});

test("a line above 64 KiB comes in pieces that cut no character", () => {
  const lines = readAll(Buffer.from(`${"€".repeat(50_000)}\nnext\n`), []);
  expect(
    lines
      .slice(0, -1)
      .map(({ text }) => text)
      .join(""),
  ).toBe("€".repeat(50_000));
  expect(lines.every(({ text }) => Buffer.byteLength(text) <= MAX_LINE_BYTES)).toBe(true);
  expect(lines.at(-1)?.text).toBe("next");
});

test("invalid UTF-8 and NUL are replaced, and the offsets still count bytes", () => {
  const lines = readAll(Buffer.from([0x61, 0xff, 0x00, 0x0a, 0x62, 0x0a]), []);
  expect(lines).toEqual([
    { offset: 0, text: "a\uFFFD\uFFFD" },
    { offset: 4, text: "b" },
  ]);
});

test("a chunk has at most 256 lines and stays below 64 KiB when its lines are short", () => {
  expect(splitLines(Buffer.from("x\n".repeat(1000)), 0, false).lines.length).toBe(256);
  const chunk = splitLines(Buffer.from(`${"y".repeat(1000)}\n`.repeat(65)), 0, false);
  expect(chunk.endOffset).toBeLessThan(64 * 1024);
});
