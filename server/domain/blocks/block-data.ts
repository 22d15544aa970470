import { blockDocumentId, blockReference } from "#shared/job-template/block-reference.ts";
import type { JsonObject, JsonValue } from "#shared/json.ts";
import { MASK } from "#shared/mask.ts";
import {
  maskSecrets,
  type Path,
  removeAt,
  replaceAt,
  secretPaths,
  valueAtPath,
} from "./secret-fields.ts";

/** A secret as it is kept: encrypted. */
export interface SealedSecret {
  readonly path: Path;
  readonly sealed: string;
}

/** What is kept of a block's data. */
export interface StoredData {
  readonly id: string;
  /** Null stands in the places of secrets. */
  readonly data: JsonObject;
  readonly secrets: readonly SealedSecret[];
  readonly secretFields: readonly string[];
  /** Fields that are other blocks, with their ids. */
  readonly references: Readonly<Record<string, string>>;
}

/** Decrypts a secret of a block. */
export type OpenSecret = (id: string, secret: SealedSecret) => JsonValue;

/** Stored blocks by id: with each one those it refers to. */
export type BlockGraph = ReadonlyMap<string, StoredData>;

/** The data of a block with those of the blocks it refers to, and its secrets as they are. */
export function plainData(graph: BlockGraph, id: string, open: OpenSecret): JsonObject {
  return assemble(graph, id, (block) =>
    block.secrets.reduce(
      (data, secret) => replaceAt(data, secret.path, open(block.id, secret)),
      block.data,
    ),
  );
}

/** The data of a block with those of the blocks it refers to, and a mask for each secret. */
export function maskedData(graph: BlockGraph, id: string): JsonObject {
  return assemble(
    graph,
    id,
    ({ data, secrets }) =>
      secrets.reduce((masked, { path }) => replaceAt(masked, path, MASK), data),
    maskSecrets,
  );
}

/**
 * A block's data after a change. Merged, what is not given stays; else it is gone. A mask where a
 * secret belongs is what a reader was shown: the secret that is there stays, and if there is none,
 * nothing is. `own` is the data with references in it, `current` the same with the blocks themselves.
 */
export function patchedData(
  stored: { readonly own: JsonObject; readonly current: JsonObject },
  patch: JsonObject,
  options: { readonly merge: boolean; readonly secretFields: readonly string[] },
): JsonObject {
  const patched = secretPaths(patch, options.secretFields)
    .filter((path) => valueAtPath(patch, path) === MASK)
    .reduce((data, path) => {
      const known = valueAtPath(stored.current, path);
      return known === undefined ? removeAt(data, path) : replaceAt(data, path, known);
    }, patch);
  return options.merge ? { ...stored.own, ...patched } : patched;
}

/** Data as it is given, with the fields that are other blocks apart. Their ids may be no UUIDs. */
export function splitReferences(given: JsonObject): {
  readonly data: JsonObject;
  readonly references: Readonly<Record<string, string>>;
} {
  const data: [string, JsonValue][] = [];
  const references: [string, string][] = [];
  for (const [field, value] of Object.entries(given)) {
    const id = blockDocumentId(value);
    if (id === undefined) data.push([field, value]);
    else references.push([field, id]);
  }
  return { data: Object.fromEntries(data), references: Object.fromEntries(references) };
}

/** Data with references in the fields that are other blocks: as it was given. */
export function joinReferences(
  data: JsonObject,
  references: Readonly<Record<string, string>>,
): JsonObject {
  const joined = Object.entries(references).map(([field, id]) => [field, blockReference(id)]);
  return { ...data, ...Object.fromEntries(joined) };
}

function assemble(
  graph: BlockGraph,
  id: string,
  own: (block: StoredData) => JsonObject,
  finish: (data: JsonObject, secretFields: readonly string[]) => JsonObject = (data) => data,
  within: readonly string[] = [],
): JsonObject {
  const block = graph.get(id);
  // Blocks that contain each other are refused when they are stored; two at once may slip through.
  if (block === undefined || within.includes(id)) return {};
  const nested = Object.entries(block.references).map(([field, other]): [string, JsonValue] => [
    field,
    assemble(graph, other, own, finish, [...within, id]),
  ]);
  return finish({ ...own(block), ...Object.fromEntries(nested) }, block.secretFields);
}
