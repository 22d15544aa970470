import { describe, expect, test } from "bun:test";
import pc from "picocolors";
import { printable, programLine, wantsColour, type Sink } from "./terminal.ts";

function sink(isTerminal: boolean, coloured: boolean): Sink {
  return {
    isTerminal,
    columns: isTerminal ? 80 : undefined,
    colours: pc.createColors(coloured),
    write: () => {},
    drained: async () => {},
  };
}

describe("colours", () => {
  test("are for terminals only", () => {
    expect(wantsColour(true, {})).toBeTrue();
    expect(wantsColour(false, {})).toBeFalse();
  });

  test("are off with any NO_COLOR that is not empty, and on a dumb terminal", () => {
    expect(wantsColour(true, { NO_COLOR: "0" })).toBeFalse();
    expect(wantsColour(true, { NO_COLOR: "" })).toBeTrue();
    expect(wantsColour(true, { TERM: "dumb" })).toBeFalse();
  });
});

describe("output of programs", () => {
  const line = "\u001b[31mred\u001b[0m\t\u001b[2Jgone\u0007";

  test("is unchanged in a pipe", () => {
    expect(programLine(line, sink(false, false))).toBe(line);
  });

  test("keeps its colours on a terminal, and other sequences are shown", () => {
    expect(programLine(line, sink(true, true))).toBe(
      "\u001b[31mred\u001b[0m\t\\x1b[2Jgone\\x07\u001b[0m",
    );
  });

  test("has no colours on a terminal without", () => {
    expect(programLine(line, sink(true, false))).toBe("red\t\\x1b[2Jgone\\x07");
  });
});

test("printable text holds no control character", () => {
  expect(printable("a\r\n\t\u001b\u009b\u007f")).toBe("a\\r\\n\\t\\x1b\\x9b\\x7f");
});
