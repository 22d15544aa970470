/** Where a text stops being JSON, and why. Lines and columns count from 1. */
export interface JsonSyntaxError {
  readonly line: number;
  readonly column: number;
  readonly expected: string;
  readonly found: string;
}

// One token after optional white space: punctuation, a string, or a number or word.
const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\p{Cc}]+|[\x7f-\x9f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|(?:true|false|null)(?!\w)))/uy;
const SPACE = /[ \t\n\r]*/y;

const EXPECTED = {
  value: "a value",
  firstItem: "a value or ']'",
  firstKey: "a key in double quotes or '}'",
  key: "a key in double quotes",
  colon: "':'",
  afterItem: "',' or ']'",
  afterMember: "',' or '}'",
  end: "the end of the text",
} as const;
type Expectation = keyof typeof EXPECTED;

/**
 * The first place where the text stops being JSON; undefined if it is JSON. The parser of the
 * runtime says that a text is wrong, but not where.
 */
export function findJsonSyntaxError(text: string): JsonSyntaxError | undefined {
  const open: ("{" | "[")[] = [];
  const afterValue = (): Expectation => {
    const innermost = open.at(-1);
    if (innermost === undefined) return "end";
    return innermost === "[" ? "afterItem" : "afterMember";
  };
  let expectation: Expectation = "value";
  let offset = 0;
  for (;;) {
    TOKEN.lastIndex = offset;
    const token = TOKEN.exec(text);
    if (token === null) {
      SPACE.lastIndex = offset;
      const start = offset + (SPACE.exec(text)?.[0].length ?? 0);
      if (expectation === "end" && start === text.length) return undefined;
      return describe(text, start, expectation);
    }
    const [, mark, string, scalar] = token;
    const kind = mark ?? (string === undefined ? "scalar" : "string");
    const next = step(expectation, kind, open);
    if (next === undefined) {
      return describe(text, TOKEN.lastIndex - (mark ?? string ?? scalar ?? "").length, expectation);
    }
    expectation = next === "afterValue" ? afterValue() : next;
    offset = TOKEN.lastIndex;
  }
}

/** What may follow the token; undefined if it may not stand here. */
function step(
  expectation: Expectation,
  token: string,
  open: ("{" | "[")[],
): Expectation | "afterValue" | undefined {
  const wantsValue = expectation === "value" || expectation === "firstItem";
  const wantsKey = expectation === "key" || expectation === "firstKey";
  switch (token) {
    case "{":
    case "[":
      if (!wantsValue) return undefined;
      open.push(token);
      return token === "{" ? "firstKey" : "firstItem";
    case "}":
      if (expectation !== "firstKey" && expectation !== "afterMember") return undefined;
      open.pop();
      return "afterValue";
    case "]":
      if (expectation !== "firstItem" && expectation !== "afterItem") return undefined;
      open.pop();
      return "afterValue";
    case ",":
      if (expectation === "afterItem") return "value";
      return expectation === "afterMember" ? "key" : undefined;
    case ":":
      return expectation === "colon" ? "value" : undefined;
    case "string":
      if (wantsKey) return "colon";
      return wantsValue ? "afterValue" : undefined;
    default:
      return wantsValue ? "afterValue" : undefined;
  }
}

function describe(text: string, offset: number, expectation: Expectation): JsonSyntaxError {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  const word = /^(?:[\w.+-]+|[^])/u.exec(text.slice(offset, offset + 20))?.[0];
  return {
    line: before.split("\n").length,
    column: offset - lineStart + 1,
    expected: EXPECTED[expectation],
    found: word === undefined ? "the end of the text" : `'${word}'`,
  };
}
