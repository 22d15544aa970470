import { expect, test } from "bun:test";
import fc from "fast-check";
import { quoteWords } from "./shell-words.ts";

test("plain words are left as they are", () => {
  expect(quoteWords(["python3", "count.py", "--top=5"])).toBe("python3 count.py --top=5");
});

test("a shell splits the line into the words again, whatever they hold", () => {
  const word = fc.string({ unit: "binary" }).filter((text) => !text.includes("\0"));
  fc.assert(
    fc.property(
      fc.array(
        word.filter((text) => text.isWellFormed()),
        { minLength: 1, maxLength: 5 },
      ),
      (words) => {
        const line = `printf '%s\\0' ${quoteWords(words)}`;
        const { stdout } = Bun.spawnSync(["/bin/sh", "-c", line]);
        expect(stdout.toString()).toBe(words.map((each) => `${each}\0`).join(""));
      },
    ),
    { numRuns: 40 },
  );
});
