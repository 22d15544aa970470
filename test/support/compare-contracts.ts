/** Parsed JSON Schema. */
type Schema = Readonly<Record<string, unknown>>;

/** Which way a value goes: what clients send, or what they are answered. */
export type Direction = "request" | "response";

/** A document with named schemas. */
export interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly schemas: Readonly<Record<string, unknown>>;
}

/** Reads the parts of an OpenAPI document that are compared. */
export function readContract(document: unknown): Contract {
  const { paths, components } = record(document);
  const operations = Object.entries(record(paths)).map(([path, value]) => [path, record(value)]);
  return { paths: Object.fromEntries(operations), schemas: record(record(components)["schemas"]) };
}

const BOUNDS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "pattern", "format"];
const LENGTHS = ["minLength", "maxLength", "minItems", "maxItems"];

/**
 * Where a schema of ours differs from the reference in a way that a client could notice, as lines
 * `place: what`. In a request ours must take all that the reference takes, null where it pleases;
 * in an answer it must give what the reference gives, and may give more fields.
 */
export class SchemaComparison {
  readonly differences: string[] = [];
  readonly #ours: Contract;
  readonly #reference: Contract;
  readonly #direction: Direction;
  readonly #seen = new Set<string>();

  constructor(ours: Contract, reference: Contract, direction: Direction) {
    this.#ours = ours;
    this.#reference = reference;
    this.#direction = direction;
  }

  /** Compares one place and all below it. */
  compare(place: string, ours: unknown, reference: unknown): void {
    const [mine, theirs] = [
      alternatives(ours, this.#ours),
      alternatives(reference, this.#reference),
    ];
    const names = [mine, theirs].map((among) => among.map(({ name }) => name ?? ""));
    const pair = JSON.stringify(names);
    if (/\w/.test(pair) && this.#seen.has(pair)) return;
    this.#seen.add(pair);
    this.#compareTypes(place, mine, theirs);
    for (const theirOne of theirs) {
      const sameType = mine.filter((one) => typeOf(one.schema) === typeOf(theirOne.schema));
      const myOne = sameType.find(({ name }) => name === theirOne.name) ?? sameType[0];
      if (myOne !== undefined) this.#compareOne(place, myOne, theirOne);
    }
  }

  #compareTypes(place: string, mine: readonly Named[], theirs: readonly Named[]): void {
    const types = (among: readonly Named[]): string[] => [
      ...new Set(among.map(({ schema }) => typeOf(schema))),
    ];
    const [my, their] = [types(mine), types(theirs)];
    if (this.#direction === "request" && !my.includes("any")) {
      for (const type of their) if (!my.includes(type)) this.#say(place, `does not take ${type}`);
    }
    if (this.#direction === "request") {
      for (const type of my) {
        if (type !== "null" && !their.includes(type)) this.#say(place, `takes ${type}`);
      }
    } else if (!their.includes("any")) {
      for (const type of my) if (!their.includes(type)) this.#say(place, `may be ${type}`);
    }
  }

  #compareOne(place: string, mine: Named, theirs: Named): void {
    if (mine.name !== theirs.name) {
      this.#say(place, `is named ${mine.name ?? "nothing"}, not ${theirs.name ?? "nothing"}`);
    }
    const [my, their] = [mine.schema, theirs.schema];
    if (this.#direction === "request") {
      for (const key of [...BOUNDS, ...LENGTHS]) {
        if (my[key] !== their[key])
          this.#say(place, `${key} ${text(my[key])}, not ${text(their[key])}`);
      }
    } else if (my["format"] !== their["format"]) {
      this.#say(place, `format ${text(my["format"])}, not ${text(their["format"])}`);
    }
    this.#compareEnum(place, my["enum"], their["enum"]);
    if (their["items"] !== undefined) this.compare(`${place}[]`, my["items"] ?? {}, their["items"]);
    if (isRecord(their["additionalProperties"])) {
      this.compare(`${place}.*`, my["additionalProperties"] ?? {}, their["additionalProperties"]);
    }
    if (their["properties"] !== undefined || my["properties"] !== undefined) {
      this.#compareProperties(place, my, their);
    }
  }

  #compareEnum(place: string, my: unknown, their: unknown): void {
    if (!Array.isArray(my) && !Array.isArray(their)) return;
    const [mine, theirs] = [list(my), list(their)];
    const missing = theirs.filter((value) => !mine.includes(value));
    const more = mine.filter((value) => !theirs.includes(value));
    if (this.#direction === "request" && missing.length > 0) {
      this.#say(place, `does not take ${missing.join(", ")}`);
    }
    if (this.#direction === "response" && more.length > 0) {
      this.#say(place, `may be ${more.join(", ")}`);
    }
  }

  #compareProperties(place: string, my: Schema, their: Schema): void {
    const [mine, theirs] = [record(my["properties"]), record(their["properties"])];
    const [myRequired, theirRequired] = [
      list(my["required"]).map(String),
      list(their["required"]).map(String),
    ];
    for (const [name, schema] of Object.entries(theirs)) {
      if (name in mine) this.compare(`${place}.${name}`, mine[name], schema);
      else this.#say(`${place}.${name}`, "is missing");
    }
    if (this.#direction === "response") {
      const notPromised = theirRequired.filter((name) => !myRequired.includes(name));
      for (const name of notPromised) this.#say(`${place}.${name}`, "need not be there");
      return;
    }
    for (const name of Object.keys(mine)) {
      if (!(name in theirs)) this.#say(`${place}.${name}`, "is ours");
    }
    for (const name of myRequired.filter((one) => !theirRequired.includes(one))) {
      this.#say(`${place}.${name}`, "must be there");
    }
    for (const name of theirRequired.filter((one) => !myRequired.includes(one))) {
      this.#say(`${place}.${name}`, "may be left out");
    }
    if ((my["additionalProperties"] === false) !== (their["additionalProperties"] === false)) {
      const closed = my["additionalProperties"] === false;
      this.#say(place, closed ? "refuses unknown fields" : "takes unknown fields");
    }
  }

  #say(place: string, what: string): void {
    this.differences.push(`${place}: ${what}`);
  }
}

interface Named {
  readonly name: string | undefined;
  readonly schema: Schema;
}

/** What a schema allows, with references followed and unions laid flat. */
function alternatives(schema: unknown, contract: Contract, name?: string): Named[] {
  const here = record(schema);
  if (typeof here["$ref"] === "string") {
    const target = here["$ref"].split("/").at(-1) ?? "";
    return alternatives(contract.schemas[target], contract, target);
  }
  const union = here["anyOf"] ?? here["oneOf"];
  if (Array.isArray(union)) return union.flatMap((one) => alternatives(one, contract, name));
  return [{ name, schema: here }];
}

function typeOf(schema: Schema): string {
  if (typeof schema["type"] === "string") return schema["type"];
  return schema["properties"] === undefined ? "any" : "object";
}

function text(value: unknown): string {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "none");
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
