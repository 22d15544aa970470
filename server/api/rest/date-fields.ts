import { isJsonObject, type JsonObject, type JsonValue } from "#shared/json.ts";
import { COMPONENTS } from "./components.ts";
import { normaliseDateTime } from "./date-time.ts";

/** The value with every time in the form that the schema asks for; what is none stays as it is. */
type Mend = (value: unknown) => unknown;

const asItIs: Mend = (value) => value;

/** Prepares the mending of the times in what a schema describes. `schemas` are the named ones. */
export class DateFields {
  readonly #schemas: JsonObject;
  readonly #named = new Map<string, Mend>();

  constructor(schemas: JsonObject) {
    this.#schemas = schemas;
  }

  /** What mends values of that schema. */
  of(schema: JsonValue): Mend {
    if (!isJsonObject(schema)) return asItIs;
    if (typeof schema["$ref"] === "string") return this.#reference(schema["$ref"]);
    if (schema["format"] === "date-time") return (value) => normaliseDateTime(value) ?? value;
    return join([
      this.#alternatives(schema["anyOf"]),
      this.#properties(schema["properties"]),
      this.#items(schema["items"]),
    ]);
  }

  #reference(reference: string): Mend {
    const name = reference.slice(COMPONENTS.length);
    const known = this.#named.get(name);
    if (known !== undefined) return known;
    // A schema that contains itself finds this one, which looks again when it is used.
    this.#named.set(name, (value) => this.#named.get(name)?.(value) ?? value);
    const mend = this.of(this.#schemas[name] ?? null);
    this.#named.set(name, mend);
    return mend;
  }

  #alternatives(schemas: JsonValue | undefined): Mend {
    if (!Array.isArray(schemas)) return asItIs;
    const given: readonly JsonValue[] = schemas;
    const mend = join(given.map((schema) => this.of(schema)));
    const types = given.map((schema) => (isJsonObject(schema) ? schema["type"] : undefined));
    // What may be a number as well, or any text, is no time just because it could be read as one.
    const numbers = types.some((type) => type === "number" || type === "integer");
    return mend === asItIs || !numbers
      ? mend
      : (value) => (typeof value === "number" ? value : mend(value));
  }

  #properties(properties: JsonValue | undefined): Mend {
    if (!isJsonObject(properties)) return asItIs;
    const mends = Object.entries(properties)
      .map(([name, schema]) => [name, this.of(schema)] as const)
      .filter(([, mend]) => mend !== asItIs);
    if (mends.length === 0) return asItIs;
    return (value) => {
      if (!isObject(value)) return value;
      for (const [name, mend] of mends) {
        if (Object.hasOwn(value, name)) value[name] = mend(value[name]);
      }
      return value;
    };
  }

  #items(schema: JsonValue | undefined): Mend {
    const mend = this.of(schema ?? null);
    return mend === asItIs
      ? asItIs
      : (value) => (Array.isArray(value) ? value.map((item) => mend(item)) : value);
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function join(mends: readonly Mend[]): Mend {
  const real = mends.filter((mend) => mend !== asItIs);
  if (real.length === 0) return asItIs;
  const [only] = real;
  if (real.length === 1 && only !== undefined) return only;
  return (value) => real.reduce((mended, mend) => mend(mended), value);
}
