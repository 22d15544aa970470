import { plainData } from "#server/domain/blocks/block-data.ts";
import {
  type BlockDocuments,
  findBlockDocumentsByName,
  opener,
  readBlockDocuments,
} from "#server/store/block-documents.ts";
import type { Tx } from "#server/store/transaction.ts";
import { findVariables } from "#server/store/variables.ts";
import { AppError } from "#shared/errors.ts";
import { isUuid } from "#shared/ids.ts";
import {
  findReferences,
  mayHaveReferences,
  type Reference,
  type ResolvedReference,
  writeReferences,
} from "#shared/job-template/references.ts";
import { resolveJobConfiguration } from "#shared/job-template/resolve.ts";
import { valueAt } from "#shared/job-template/substitute.ts";
import { type JsonObject, type JsonValue, ownValue } from "#shared/json.ts";
import type { TransitionContext } from "./context.ts";

/** What a job configuration is made of, as JSON texts. */
export interface ConfigurationTexts {
  readonly baseJobTemplate: string;
  readonly deploymentJobVariables: string;
  readonly jobVariables: string;
}

/**
 * The blocks and variables that each job configuration refers to, as a lease carries them; empty where
 * there are none, which costs no statement. What cannot be had is told in place of its value: it
 * matters to that one attempt only.
 */
export async function readLeaseReferences(
  ctx: TransitionContext,
  tx: Tx,
  configurations: readonly ConfigurationTexts[],
): Promise<string[]> {
  const needed = configurations.map(referencesOf);
  const all = needed.flat();
  if (all.length === 0) return configurations.map(() => "");
  const blocks = await readBlocks(ctx, tx, all);
  const held = [...blocks.values()].flatMap((result) =>
    "value" in result ? findReferences(result.value) : [],
  );
  const variables = await readVariables(tx, [...all, ...held]);
  return needed.map((references) => {
    const own = new Map<string, ResolvedReference>();
    for (const reference of references) {
      const block = blocks.get(reference.name);
      if (block === undefined) continue;
      own.set(reference.name, block);
      if ("value" in block) addVariables(own, findReferences(block.value), variables);
    }
    addVariables(own, references, variables);
    return references.length === 0 ? "" : JSON.stringify(writeReferences(own));
  });
}

function referencesOf(texts: ConfigurationTexts): Reference[] {
  const { baseJobTemplate, deploymentJobVariables, jobVariables } = texts;
  if (!mayHaveReferences([baseJobTemplate, deploymentJobVariables, jobVariables])) return [];
  const configuration = resolveJobConfiguration({
    baseJobTemplate: parse(baseJobTemplate),
    deploymentJobVariables: parse(deploymentJobVariables),
    jobVariables: parse(jobVariables),
    // Only the agent knows its environment.
    environment: (name) => `{{ $${name} }}`,
  });
  return findReferences(configuration);
}

function parse(text: string): JsonObject {
  const value: JsonObject = JSON.parse(text);
  return value;
}

async function readBlocks(
  ctx: TransitionContext,
  tx: Tx,
  references: readonly Reference[],
): Promise<Map<string, ResolvedReference>> {
  const named = references.flatMap((reference) =>
    reference.kind === "block" && reference.document !== ""
      ? [{ slug: reference.slug, name: reference.document }]
      : [],
  );
  const found = await findBlockDocumentsByName(tx, named);
  const idOf = new Map(found.map(({ id, slug, name }) => [`${slug}/${name}`, id]));
  const ids = references.flatMap((reference) =>
    reference.kind === "document" && isUuid(reference.id) ? [reference.id.toLowerCase()] : [],
  );
  const documents = await readBlockDocuments(tx, [...new Set([...ids, ...idOf.values()])]);
  const results = new Map<string, ResolvedReference>();
  for (const reference of references) {
    if (reference.kind === "variable") continue;
    const id =
      reference.kind === "document"
        ? reference.id.toLowerCase()
        : idOf.get(`${reference.slug}/${reference.document}`);
    results.set(
      reference.name,
      orError(() => blockValue(ctx, documents, reference, id)),
    );
  }
  return results;
}

function blockValue(
  { secretBox }: TransitionContext,
  documents: BlockDocuments,
  reference: Exclude<Reference, { kind: "variable" }>,
  id: string | undefined,
): ResolvedReference {
  if (reference.kind === "block" && reference.document === "") {
    return { error: "it names no block; write prefect.blocks.TYPE.NAME" };
  }
  if (id === undefined || !documents.has(id)) {
    return { error: "there is no such block; it may have been deleted" };
  }
  const data = plainData(documents, id, opener(secretBox));
  if (reference.kind === "document") return { value: data };
  if (reference.path === "") return { value: onlyValue(data) };
  const value = valueAt(data, reference.path);
  return value === undefined ? { error: `the block has no '${reference.path}'` } : { value };
}

/** A block that is one value stands for that value. */
function onlyValue(data: JsonObject): JsonValue {
  const keys = Object.keys(data);
  return keys.length === 1 ? (ownValue(data, "value") ?? data) : data;
}

/** A secret that cannot be read is that attempt's trouble, not the claim's. */
function orError(body: () => ResolvedReference): ResolvedReference {
  try {
    return body();
  } catch (error) {
    if (error instanceof AppError && error.reason === "secrets_unavailable") {
      return { error: error.message };
    }
    throw error;
  }
}

async function readVariables(
  tx: Tx,
  references: readonly Reference[],
): Promise<ReadonlyMap<string, JsonValue>> {
  const names = references.flatMap((reference) =>
    reference.kind === "variable" ? [reference.variable] : [],
  );
  if (names.length === 0) return new Map();
  const found = await findVariables(tx, { names });
  return new Map(
    found.map(({ name, value }) => {
      const parsed: JsonValue = JSON.parse(value);
      return [name, parsed];
    }),
  );
}

/** A variable that there is not is nothing, as Prefect has it. */
function addVariables(
  results: Map<string, ResolvedReference>,
  references: readonly Reference[],
  variables: ReadonlyMap<string, JsonValue>,
): void {
  for (const reference of references) {
    if (reference.kind !== "variable") continue;
    const value = variables.get(reference.variable);
    results.set(reference.name, { value: value === undefined ? "" : value });
  }
}
