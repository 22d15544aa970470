import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { AppError, type FieldViolation, invalidField, messageOf } from "#shared/errors.ts";
import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
} from "#shared/json.ts";

/** Compiled schemas that are kept; compiling costs milliseconds. */
const MAX_COMPILED = 256;
const MAX_SCHEMA_CHARACTERS = 262_144;

/** How strict a check is. */
export interface SchemaCheck {
  /** Whether what the schema requires must be there. */
  readonly required: boolean;
}

// Reads no schema from anywhere: a reference to another document cannot be resolved.
const metaSchema = new Ajv2020({ strict: false, logger: false });
const compiled = new Map<string, ValidateFunction>();

/**
 * Refuses what is not a JSON Schema (draft 2020-12, and the forms older Prefect versions write):
 * throws an invalid_argument that names the field. References to other documents are never fetched.
 */
export function requireSchema(field: string, schema: JsonObject): void {
  compile(field, schema, { required: true });
}

/**
 * The first place where the value does not fit the schema; undefined if it fits. `field` is the
 * value's name and begins the path. Properties that need not be there may be null.
 */
export function schemaViolation(
  field: string,
  schema: JsonObject,
  value: JsonObject,
  check: SchemaCheck,
): FieldViolation | undefined {
  const validate = compile(`schema of ${field}`, schema, check);
  try {
    if (validate(value)) return undefined;
  } catch (error) {
    throw invalidField(
      `schema of ${field}`,
      `it refers to itself without end: ${messageOf(error)}`,
    );
  }
  return describe(field, validate.errors ?? []);
}

/**
 * Refuses parameters that do not fit the deployment's schema: throws parameters_invalid, or
 * invalid_argument if the schema is none.
 */
export function requireParameters(
  schema: JsonObject,
  parameters: JsonObject,
  check: SchemaCheck,
): void {
  const violation = schemaViolation("parameters", schema, parameters, check);
  if (violation === undefined) return;
  throw new AppError("parameters_invalid", `${violation.field}: ${violation.description}`, {
    violations: [violation],
  });
}

function compile(field: string, schema: JsonObject, check: SchemaCheck): ValidateFunction {
  const text = JSON.stringify(schema);
  const key = `${check.required} ${text}`;
  const known = compiled.get(key);
  if (known !== undefined) {
    // Moved to the end, so that what is dropped is what was not used for longest.
    compiled.delete(key);
    compiled.set(key, known);
    return known;
  }
  if (text.length > MAX_SCHEMA_CHARACTERS) {
    throw invalidField(
      field,
      `the JSON Schema has ${text.length} characters; at most ${MAX_SCHEMA_CHARACTERS} are allowed`,
    );
  }
  const validate = compileNew(field, schema, check);
  compiled.set(key, validate);
  for (const oldest of compiled.keys()) {
    if (compiled.size <= MAX_COMPILED) break;
    compiled.delete(oldest);
  }
  return validate;
}

function compileNew(field: string, schema: JsonObject, check: SchemaCheck): ValidateFunction {
  const modern = modernise(schema, check);
  const problem = problemOf(field, modern);
  if (problem !== undefined) throw invalidField(field, `not a valid JSON Schema: ${problem}`);
  // An instance of its own: one keeps all schemas it ever saw, and their ids would collide.
  const ajv = new Ajv2020({ strict: false, logger: false, meta: false, validateSchema: false });
  addFormats(ajv);
  try {
    return ajv.compile(modern);
  } catch (error) {
    throw invalidField(field, `not a JSON Schema that can be used: ${messageOf(error)}`);
  }
}

/** What is wrong with it as a schema. Refuses a `$schema` that is not known. */
function problemOf(field: string, schema: JsonObject): string | undefined {
  try {
    if (metaSchema.validateSchema(schema) === true) return undefined;
  } catch (error) {
    const way = "leave $schema out, or name draft 2020-12";
    throw invalidField(field, `not a JSON Schema that can be used: ${messageOf(error)}; ${way}`);
  }
  const [first] = metaSchema.errors ?? [];
  return first === undefined ? "" : `${pathOf(first)}: ${first.message ?? first.keyword}`;
}

const SCHEMA_MAPS: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "$defs",
  "definitions",
  "dependentSchemas",
]);
const DATA: ReadonlySet<string> = new Set(["default", "const", "enum", "examples"]);

/**
 * The schema as it is applied: see `acceptNull`, `acceptReference`, lists of items, and whether
 * anything is required.
 */
function modernise(schema: JsonObject, check: SchemaCheck): JsonObject {
  const names = ownValue(schema, "required") ?? [];
  const required = isJsonArray(names) ? names : [];
  const entries = Object.entries(schema).flatMap(([key, value]): [string, JsonValue][] => {
    if (DATA.has(key)) return [[key, value]];
    if (key === "required" && !check.required) return [];
    if (key === "properties" && isJsonObject(value)) {
      return [[key, acceptNull(value, required, check)]];
    }
    if (SCHEMA_MAPS.has(key) && isJsonObject(value)) {
      return [[key, mapValues(value, (inner) => acceptReference(moderniseValue(inner, check)))]];
    }
    if (key === "items" && isJsonArray(value)) {
      return [["prefixItems", moderniseValue(value, check)]];
    }
    return [[key, moderniseValue(value, check)]];
  });
  return Object.fromEntries(entries);
}

function moderniseValue(value: JsonValue, check: SchemaCheck): JsonValue {
  if (isJsonArray(value)) return value.map((item) => moderniseValue(item, check));
  return isJsonObject(value) ? modernise(value, check) : value;
}

/** Where a block may stand, `{"$ref": …}` may too: it names a stored one. */
function acceptReference(schema: JsonValue): JsonValue {
  if (!isJsonObject(schema) || typeof ownValue(schema, "block_type_slug") !== "string") {
    return schema;
  }
  const stored = {
    type: "object",
    properties: { $ref: { type: ["string", "object"] } },
    required: ["$ref"],
    additionalProperties: false,
  };
  return { anyOf: [schema, stored] };
}

/** A property with a type that need not be there may also be null: what leaves it out often is. */
function acceptNull(
  properties: JsonObject,
  required: readonly JsonValue[],
  check: SchemaCheck,
): JsonObject {
  return mapValues(properties, (property, name) => {
    const modern = moderniseValue(property, check);
    if (!isJsonObject(property) || !("type" in property) || required.includes(name)) return modern;
    return { anyOf: [modern, { type: "null" }] };
  });
}

function mapValues(
  object: JsonObject,
  change: (value: JsonValue, key: string) => JsonValue,
): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([key, value]) => [key, change(value, key)]),
  );
}

/** The error that says most: the deepest, and within an alternative not that null was possible. */
function describe(field: string, errors: readonly ErrorObject[]): FieldViolation {
  const depth = (error: ErrorObject): number => error.instancePath.split("/").length;
  const telling = errors.filter(
    ({ keyword, params }) =>
      keyword !== "anyOf" &&
      keyword !== "oneOf" &&
      !(keyword === "type" && params["type"] === "null"),
  );
  const [best = errors[0]] = telling.toSorted((a, b) => depth(b) - depth(a));
  if (best === undefined) return { field, description: "does not fit the schema" };
  const path = `${field}${pathOf(best)}`;
  if (best.keyword === "required") {
    return {
      field: `${path}.${best.params["missingProperty"]}`,
      description: "is missing; give it",
    };
  }
  if (best.keyword === "additionalProperties") {
    const unknown = best.params["additionalProperty"];
    return { field: `${path}.${unknown}`, description: "is not known; remove it" };
  }
  if (best.keyword === "enum") {
    const allowed = best.params["allowedValues"].map((value: unknown) => JSON.stringify(value));
    return { field: path, description: `must be one of ${allowed.join(", ")}` };
  }
  return { field: path, description: best.message ?? "does not fit the schema" };
}

function pathOf({ instancePath }: ErrorObject): string {
  return instancePath
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    .map((step) => (/^\d+$/.test(step) ? `[${step}]` : `.${step}`))
    .join("");
}
