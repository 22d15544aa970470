import { expect, test } from "bun:test";
import { AppError, invalidField } from "./errors.ts";
import { errorLine, exitCodeFor, usageErrorText } from "./program-errors.ts";

test("what a program refuses by itself is wrong usage, anything else is not", () => {
  expect(exitCodeFor(invalidField("--port", "'x' is not a number"))).toBe(2);
  expect(exitCodeFor(new AppError("database_unavailable", "it is away"))).toBe(1);
  expect(exitCodeFor(new Error("anything"))).toBe(1);
});

test("an error begins with `Error:`, whoever found it", () => {
  expect(errorLine(invalidField("--port", "is taken"))).toBe("Error: --port: is taken");
  expect(errorLine("text")).toBe("Error: text");
  expect(usageErrorText("error: unknown option '--limt'\n(Did you mean --limit?)\n")).toBe(
    "Error: unknown option '--limt'\n  Did you mean --limit?\n",
  );
});
