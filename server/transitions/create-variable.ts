import { requireVariableName } from "#server/domain/blocks/block-names.ts";
import { insertEvents } from "#server/store/events.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { insertVariable } from "#server/store/variables.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import { newId } from "#shared/ids.ts";
import { parseJson } from "#shared/json.ts";
import { requireStorableJson, requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";

const MAX_VALUE_CHARACTERS = 5000;

/** A variable to create. */
export interface CreateVariableInput {
  readonly name: string;
  /** JSON text. */
  readonly value: string;
  readonly tags: readonly string[];
}

/**
 * Creates a variable; answers its id. Throws already_exists for a name that is taken, invalid_argument
 * for a bad field.
 */
export async function createVariable(
  ctx: TransitionContext,
  input: CreateVariableInput,
): Promise<string> {
  const { name, value } = input;
  requireVariableName("name", name);
  requireVariableValue("value", value);
  const tags = readTags("tags", input.tags);
  const id = newId();
  await inTransaction(ctx.pool, async (tx) => {
    if (!(await insertVariable(tx, { id, name, value, tags }))) throw variableNameTaken(name);
    await insertEvents(tx, [
      {
        event: "sluice.variable.created",
        resourceKind: "variable",
        resourceId: id,
        payload: { name },
      },
    ]);
  });
  return id;
}

/** Refuses a value, which is JSON text, that is too long or cannot be stored. */
export function requireVariableValue(field: string, value: string): void {
  if (value.length > MAX_VALUE_CHARACTERS) {
    throw invalidField(
      field,
      `it has ${value.length} characters as JSON; at most ${MAX_VALUE_CHARACTERS} are allowed`,
    );
  }
  requireStorableJson(field, parseJson(field, value));
}

/** The tags, each once. Refuses one that cannot be stored. */
export function readTags(field: string, tags: readonly string[]): string[] {
  for (const tag of tags) requireStorableText(field, tag);
  return [...new Set(tags)];
}

/** The refusal of a variable's name that another has. */
export function variableNameTaken(name: string): AppError {
  return new AppError(
    "already_exists",
    `name: there is a variable '${name}' already; choose another name, or change that one`,
    { metadata: { variable: name } },
  );
}
