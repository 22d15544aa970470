/** Which schemas are meant; null: whatever it is. */
export interface BlockSchemaFilter {
  readonly ids: readonly string[] | null;
  readonly typeIds: readonly string[] | null;
  /** All of them. */
  readonly capabilities: readonly string[] | null;
  readonly versions: readonly string[] | null;
  /** One of the parts is enough. */
  readonly either: boolean;
}

/** Every schema. */
export const EVERY_SCHEMA: BlockSchemaFilter = {
  ids: null,
  typeIds: null,
  capabilities: null,
  versions: null,
  either: false,
};

/** The filter as statements take it: its parts, and whether one of them is enough. */
export function schemaFilterParts(filter: BlockSchemaFilter | null): {
  readonly parts: readonly (readonly string[] | null)[];
  readonly either: boolean;
} {
  const { ids, typeIds, capabilities, versions, either } = filter ?? EVERY_SCHEMA;
  const parts = [ids, typeIds, capabilities, versions];
  // Either of no parts is no condition.
  return { parts, either: either && parts.some((part) => part !== null) };
}
