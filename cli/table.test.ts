import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { cutTo, renderDetails, renderTable, widthOf } from "./table.ts";

const COLUMNS = [
  { title: "NAME", flexible: true },
  { title: "SLOTS", align: "right" },
  { title: "NOTE", flexible: true },
] as const;

describe("tables", () => {
  test("columns are aligned, numbers to the right", () => {
    expect(
      renderTable(COLUMNS, [
        ["a", "1/2", "x"],
        ["longer", "10/20", ""],
      ]),
    ).toBe(["NAME    SLOTS  NOTE", "a         1/2  x", "longer  10/20", ""].join("\n"));
  });

  test("wide characters count as the two cells they take", () => {
    const lines = renderTable(COLUMNS, [
      ["日本", "1", "x"],
      ["abcd", "1", "y"],
    ]).split("\n");
    expect(lines[1]).toBe("日本      1  x");
    expect(lines[2]).toBe("abcd      1  y");
  });

  test("without a width nothing is cut", () => {
    const long = "n".repeat(500);
    expect(renderTable(COLUMNS, [[long, "1", long]])).toContain(`${long}      1  ${long}`);
  });

  test("a line fits the width by cutting flexible columns, the widest first", () => {
    const text = renderTable(COLUMNS, [["n".repeat(60), "1", "short"]], { width: 40 });
    for (const line of text.split("\n")) expect(widthOf(line)).toBeLessThanOrEqual(40);
    expect(text).toContain("…");
    expect(text).toContain("short");
  });

  test("a rigid column is never cut, however narrow the terminal", () => {
    expect(renderTable(COLUMNS, [["name", "123456789", "x"]], { width: 10 })).toContain(
      "123456789",
    );
  });

  test("colour does not change the alignment", () => {
    const paint = (text: string): string => `\u001b[31m${text}\u001b[39m`;
    const plain = renderTable(COLUMNS, [["a", "1", "x"]]);
    const painted = renderTable(COLUMNS, [[{ text: "a", paint }, "1", "x"]]);
    expect(painted).not.toBe(plain);
    expect(Bun.stripANSI(painted)).toBe(plain);
  });

  test("control characters in a cell are shown and not obeyed", () => {
    const text = renderTable(COLUMNS, [["a\u001b[2Jb\nc", "1", "x"]]);
    expect(text).toContain("a\\x1b[2Jb\\nc");
  });

  test("every row has its own line, whatever the cells hold", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string(), fc.string())), (rows) => {
        expect(renderTable(COLUMNS, rows).split("\n")).toHaveLength(rows.length + 2);
      }),
    );
  });
});

describe("cutting", () => {
  test("a text is never wider than asked and never split inside a character", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }),
        fc.integer({ min: 1, max: 30 }),
        (text, width) => {
          const cut = cutTo(text, width);
          expect(widthOf(cut)).toBeLessThanOrEqual(width);
          if (cut !== text) expect(text.startsWith(cut.slice(0, -1))).toBeTrue();
        },
      ),
    );
  });
});

describe("details", () => {
  test("values are aligned and their further lines indented", () => {
    expect(
      renderDetails([
        ["id", "1"],
        ["template", "{\n}"],
      ]),
    ).toBe("id        1\ntemplate  {\n          }\n");
  });
});
