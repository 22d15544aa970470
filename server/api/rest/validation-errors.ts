import type { ErrorObject } from "ajv/dist/2020.js";

/** One thing that is wrong with a request, in the form that Prefect's clients print. */
export interface ValidationIssue {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
  readonly ctx?: Readonly<Record<string, unknown>>;
}

/** Most findings that are looked at: a long list may be wrong in a million places. */
const MOST_FINDINGS = 200;

type Found = Omit<ValidationIssue, "loc" | "input">;

/**
 * What ajv found, as issues. `place` is the part of the request, as `body`; `value` is that part.
 * Of alternatives only what says most is told: not that null was possible too. Of very many issues
 * the first are told.
 */
export function toIssues(
  place: string,
  value: unknown,
  errors: readonly ErrorObject[],
): ValidationIssue[] {
  const issues = telling(errors.slice(0, MOST_FINDINGS)).map((error): ValidationIssue => {
    const loc = [place, ...pathOf(error, value)];
    const key: unknown =
      error.keyword === "required"
        ? error.params["missingProperty"]
        : error.keyword === "additionalProperties"
          ? error.params["additionalProperty"]
          : undefined;
    if (typeof key !== "string") return { ...describe(error), loc, input: inputOf(error) };
    const input = error.keyword === "required" ? error.data : Reflect.get(Object(error.data), key);
    return { ...describe(error), loc: [...loc, key], input };
  });
  const seen = new Set<string>();
  return issues.filter(({ type, loc }) => {
    const key = JSON.stringify([type, loc]);
    return !seen.has(key) && seen.add(key);
  });
}

function inputOf({ data }: ErrorObject): unknown {
  return data === undefined ? null : data;
}

/** Drops what belongs to an alternative that was not meant, and the word that none fitted. */
function telling(errors: readonly ErrorObject[]): ErrorObject[] {
  const kept: ErrorObject[] = [];
  for (const error of errors) {
    if (error.keyword !== "anyOf") {
      kept.push(error);
      continue;
    }
    // ajv lists what was wrong with each alternative right before it says that none fitted.
    let from = kept.length;
    while (from > 0 && kept[from - 1]?.instancePath.startsWith(error.instancePath)) from -= 1;
    const branches = kept.splice(from);
    const wrongKind = ({ keyword, instancePath }: ErrorObject): boolean =>
      keyword === "type" && instancePath === error.instancePath;
    const meant = branches.filter((branch) => !wrongKind(branch));
    const kinds = branches.filter((branch) => branch.params["type"] !== "null");
    kept.push(...(meant.length > 0 ? meant : kinds.length > 0 ? kinds : branches));
  }
  return kept;
}

/** Keys and indices; an index only where there is a list. */
function pathOf({ instancePath }: ErrorObject, value: unknown): (string | number)[] {
  let here = value;
  return instancePath
    .split("/")
    .slice(1)
    .map((step) => {
      const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
      const isIndex = Array.isArray(here);
      here = Reflect.get(Object(here), key);
      return isIndex ? Number(key) : key;
    });
}

const TYPES: Readonly<Record<string, readonly [type: string, msg: string]>> = {
  string: ["string_type", "Input should be a valid string"],
  integer: ["int_type", "Input should be a valid integer"],
  number: ["float_type", "Input should be a valid number"],
  boolean: ["bool_type", "Input should be a valid boolean"],
  array: ["list_type", "Input should be a valid list"],
  object: ["dict_type", "Input should be a valid dictionary"],
  null: ["none_required", "Input should be None"],
};

const FORMATS: Readonly<Record<string, readonly [type: string, msg: string]>> = {
  uuid: ["uuid_parsing", "Input should be a valid UUID"],
  "date-time": ["datetime_from_date_parsing", "Input should be a valid datetime or date"],
  uri: ["url_parsing", "Input should be a valid URL"],
};

const BOUNDS: Readonly<Record<string, readonly [type: string, words: string, key: string]>> = {
  minimum: ["greater_than_equal", "greater than or equal to", "ge"],
  maximum: ["less_than_equal", "less than or equal to", "le"],
  exclusiveMinimum: ["greater_than", "greater than", "gt"],
  exclusiveMaximum: ["less_than", "less than", "lt"],
};

function describe(error: ErrorObject): Found {
  const { keyword, params, data } = error;
  const limit = Number(params["limit"]);
  switch (keyword) {
    case "required":
      return { type: "missing", msg: "Field required" };
    case "additionalProperties":
      return { type: "extra_forbidden", msg: "Extra inputs are not permitted" };
    case "type":
      return describeType(String(params["type"]), data);
    case "format": {
      const [type, msg] = FORMATS[String(params["format"])] ?? [
        "value_error",
        "Input is not valid",
      ];
      return { type, msg };
    }
    case "minimum":
    case "maximum":
    case "exclusiveMinimum":
    case "exclusiveMaximum": {
      const [type, words, key] = BOUNDS[keyword] ?? ["value_error", "", "limit"];
      return { type, msg: `Input should be ${words} ${limit}`, ctx: { [key]: limit } };
    }
    case "pattern": {
      const pattern = String(params["pattern"]);
      const msg = `String should match pattern '${pattern}'`;
      return { type: "string_pattern_mismatch", msg, ctx: { pattern } };
    }
    case "minLength":
      return {
        type: "string_too_short",
        msg: `String should have at least ${count(limit, "character")}`,
        ctx: { min_length: limit },
      };
    case "maxLength":
      return {
        type: "string_too_long",
        msg: `String should have at most ${count(limit, "character")}`,
        ctx: { max_length: limit },
      };
    case "minItems":
      return describeLength("too_short", "at least", "min_length", limit, data);
    case "maxItems":
      return describeLength("too_long", "at most", "max_length", limit, data);
    case "enum":
      return describeEnum(params["allowedValues"]);
    case "const":
      return {
        type: "literal_error",
        msg: `Input should be ${quote(params["allowedValue"])}`,
        ctx: { expected: quote(params["allowedValue"]) },
      };
    default:
      return { type: "value_error", msg: `Value error, ${error.message ?? keyword}` };
  }
}

function describeType(wanted: string, data: unknown): Found {
  if (wanted === "integer" && typeof data === "number") {
    return {
      type: "int_from_float",
      msg: "Input should be a valid integer, got a number with a fractional part",
    };
  }
  const [type, msg] = TYPES[wanted] ?? ["value_error", "Input is not valid"];
  return { type, msg };
}

function describeLength(
  type: string,
  words: string,
  key: string,
  limit: number,
  data: unknown,
): Found {
  const actual = Array.isArray(data) ? data.length : 0;
  return {
    type,
    msg: `List should have ${words} ${count(limit, "item")} after validation, not ${actual}`,
    ctx: { field_type: "List", [key]: limit, actual_length: actual },
  };
}

function describeEnum(allowed: unknown): Found {
  const values = Array.isArray(allowed) ? allowed.map(quote) : [];
  const last = values.pop() ?? "";
  const expected = values.length === 0 ? last : `${values.join(", ")} or ${last}`;
  return { type: "enum", msg: `Input should be ${expected}`, ctx: { expected } };
}

function quote(value: unknown): string {
  return typeof value === "string" ? `'${value}'` : JSON.stringify(value);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
