import { invalidField } from "#shared/errors.ts";
import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  jsonAsText,
  type JsonValue,
  kindOfJson,
  ownValue,
} from "#shared/json.ts";
import { blockDocumentId } from "./block-reference.ts";
import { findPlaceholders, type Placeholder, replacePlaceholders } from "./placeholder.ts";

/** Something stored that a job configuration refers to. */
export type Reference =
  /** A block's data, by its id; it may be no UUID. */
  | { readonly kind: "document"; readonly name: string; readonly id: string }
  /** A block by the slug of its kind and its name, or what a path within it leads to. */
  | {
      readonly kind: "block";
      readonly name: string;
      readonly slug: string;
      /** Empty: it was left out. */
      readonly document: string;
      /** Empty: the whole of it. */
      readonly path: string;
    }
  | { readonly kind: "variable"; readonly name: string; readonly variable: string };

/** What became of references, by their names. */
export type ResolvedReferences = ReadonlyMap<string, ResolvedReference>;

/** Its value, or why there is none. */
export type ResolvedReference = { readonly value: JsonValue } | { readonly error: string };

/** No reference is resolved. */
export const NO_REFERENCES: ResolvedReferences = new Map();

const BLOCKS = "prefect.blocks.";
const VARIABLES = "prefect.variables.";

/** Whether JSON texts may hold a reference; false: certainly not. Costs next to nothing. */
export function mayHaveReferences(texts: readonly string[]): boolean {
  return texts.some(
    (text) =>
      text.includes(BLOCKS) || text.includes(VARIABLES) || text.includes("block_document_id"),
  );
}

/** All that a value refers to, in order, each once. */
export function findReferences(value: JsonValue): Reference[] {
  const found = new Map<string, Reference>();
  collect(value, found);
  return [...found.values()];
}

/**
 * The configuration with its references replaced: first the blocks, then the variables, also those
 * that blocks hold. A reference that is all of a text keeps the type of its value; within a text it
 * must not be an object or a list. A variable that does not exist is nothing. Throws an
 * invalid_argument that names key and reference, and never shows a value.
 */
export function fillReferences(
  configuration: JsonObject,
  resolved: ResolvedReferences,
): JsonObject {
  return Object.fromEntries(
    Object.entries(configuration).map(([key, value]) => {
      const field = `job_configuration.${key}`;
      const look = (name: string): JsonValue => lookUp(field, name, resolved);
      const withBlocks = fillPass("block", value, field, look);
      return [key, fillPass("variable", withBlocks, field, look)];
    }),
  );
}

/** The values with each reference to a block by its id replaced by what that id stands for. */
export function fillDocuments(values: JsonObject, valueOf: (id: string) => JsonValue): JsonObject {
  const inside = (value: JsonValue): JsonValue => {
    if (isJsonArray(value)) return value.map(inside);
    if (!isJsonObject(value)) return value;
    const id = blockDocumentId(value);
    return id === undefined ? fillDocuments(value, valueOf) : valueOf(id);
  };
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, inside(value)]));
}

/** References as JSON, to be sent. */
export function writeReferences(resolved: ResolvedReferences): JsonObject {
  return Object.fromEntries(
    [...resolved].map(([name, { ...result }]): [string, JsonObject] => [name, result]),
  );
}

/** The references that `writeReferences` wrote. */
export function readReferences(written: JsonObject): ResolvedReferences {
  return new Map(
    Object.entries(written).map(([name, result]): [string, ResolvedReference] => {
      const value = isJsonObject(result) ? ownValue(result, "value") : undefined;
      if (value !== undefined) return [name, { value }];
      const error = isJsonObject(result) ? ownValue(result, "error") : undefined;
      return [name, { error: typeof error === "string" ? error : "it is not known" }];
    }),
  );
}

function collect(value: JsonValue, found: Map<string, Reference>): void {
  if (typeof value === "string") {
    for (const placeholder of findPlaceholders(value)) {
      const reference = readPlaceholder(placeholder);
      if (reference !== undefined) found.set(reference.name, reference);
    }
    return;
  }
  const id = blockDocumentId(value);
  if (id !== undefined)
    found.set(documentName(id), { kind: "document", name: documentName(id), id });
  else if (isJsonArray(value)) for (const item of value) collect(item, found);
  else if (isJsonObject(value)) for (const inner of Object.values(value)) collect(inner, found);
}

function readPlaceholder({ kind, name }: Placeholder): Reference | undefined {
  if (kind === "variable") return { kind, name, variable: name.slice(VARIABLES.length) };
  if (kind !== "block") return undefined;
  const [slug = "", document = "", ...path] = name.slice(BLOCKS.length).split(".");
  return { kind, name, slug, document, path: path.join(".") };
}

function documentName(id: string): string {
  return `block_document_id ${id}`;
}

function fillPass(
  kind: "block" | "variable",
  value: JsonValue,
  field: string,
  look: (name: string) => JsonValue,
): JsonValue {
  const inside = (inner: JsonValue): JsonValue => fillPass(kind, inner, field, look);
  if (typeof value === "string") return fillText(kind, value, field, look);
  if (isJsonArray(value)) return value.map(inside);
  if (!isJsonObject(value)) return value;
  const id = kind === "block" ? blockDocumentId(value) : undefined;
  if (id !== undefined) return look(documentName(id));
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, inside(inner)]));
}

function fillText(
  kind: "block" | "variable",
  text: string,
  field: string,
  look: (name: string) => JsonValue,
): JsonValue {
  const [first] = findPlaceholders(text);
  if (first?.text === text) return first.kind === kind ? look(first.name) : text;
  return replacePlaceholders(text, (found) => {
    if (found.kind !== kind) return found.text;
    const value = look(found.name);
    if (kind === "variable" || typeof value !== "object" || value === null) {
      return jsonAsText(value);
    }
    throw invalidField(
      field,
      `'${found.name}' is ${kindOfJson(value)} and cannot stand within a text; give the path of a value in it`,
    );
  });
}

function lookUp(field: string, name: string, resolved: ResolvedReferences): JsonValue {
  const result = resolved.get(name);
  if (result !== undefined && "value" in result) return result.value;
  const why = result?.error ?? "the control plane did not send it";
  throw invalidField(field, `refers to '${name}': ${why}`);
}
