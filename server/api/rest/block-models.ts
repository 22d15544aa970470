import { type Static, Type } from "typebox";
import { maskedData, plainData } from "#server/domain/blocks/block-data.ts";
import { type BlockDocuments, opener } from "#server/store/block-documents.ts";
import type { BlockSchemaFilter as StoreSchemaFilter } from "#server/store/block-schema-filter.ts";
import type { BlockSchema } from "#server/store/block-schemas.ts";
import type { BlockType } from "#server/store/block-types.ts";
import type { SecretBox } from "#server/store/secret-box.ts";
import { writeDateTime } from "./date-time.ts";
import { JsonText } from "./json-text.ts";
import {
  Absent,
  AnyObject,
  AnyOfIds,
  AnyOfTexts,
  Closed,
  DateTime,
  named,
  Nullable,
  OneOf,
  Operator,
  Uuid,
} from "./schema-types.ts";

const Name = Type.String({ pattern: "^[^/%&><]+$" });
const Text = Absent(Type.String());
const Texts = Type.Array(Type.String());
const Version = Type.Optional(Type.String({ default: "non-versioned" }));

/** A block type to create. */
export const BlockTypeCreate = named(
  "BlockTypeCreate",
  Closed({
    name: Name,
    slug: Type.String(),
    logo_url: Text,
    documentation_url: Text,
    description: Text,
    code_example: Text,
  }),
);

/** What to change of a block type: what is not there stays, what is null is cleared. */
export const BlockTypeUpdate = named(
  "BlockTypeUpdate",
  Closed({ logo_url: Text, documentation_url: Text, description: Text, code_example: Text }),
);

/** A block type as it is answered. */
export const BlockTypeResponse = named(
  "BlockType",
  Type.Object({
    id: Uuid,
    created: Nullable(DateTime),
    updated: Nullable(DateTime),
    name: Name,
    slug: Type.String(),
    logo_url: Text,
    documentation_url: Text,
    description: Text,
    code_example: Text,
    is_protected: Type.Optional(Type.Boolean({ default: false })),
  }),
);

/** A block schema to create. */
export const BlockSchemaCreate = named(
  "BlockSchemaCreate",
  Closed({
    block_type_id: Uuid,
    fields: Type.Optional(AnyObject),
    capabilities: Type.Optional(Texts),
    version: Version,
  }),
);

/** A block schema as it is answered. */
export const BlockSchemaResponse = named(
  "BlockSchema",
  Type.Object({
    id: Uuid,
    created: Nullable(DateTime),
    updated: Nullable(DateTime),
    checksum: Type.String(),
    fields: Type.Optional(AnyObject),
    block_type_id: Nullable(Uuid),
    block_type: Absent(BlockTypeResponse),
    capabilities: Type.Optional(Texts),
    version: Version,
  }),
);

/** A block document to create. */
export const BlockDocumentCreate = named(
  "BlockDocumentCreate",
  Closed({
    name: Absent(Name),
    data: Type.Optional(AnyObject),
    block_schema_id: Uuid,
    block_type_id: Uuid,
    is_anonymous: Type.Optional(Type.Boolean({ default: false })),
  }),
);

/** What to change of a block document. */
export const BlockDocumentUpdate = named(
  "BlockDocumentUpdate",
  Closed({
    block_schema_id: Absent(Uuid),
    data: Type.Optional(AnyObject),
    merge_existing_data: Type.Optional(Type.Boolean({ default: true })),
  }),
);

/** A block document as it is answered. */
export const BlockDocumentResponse = named(
  "BlockDocument",
  Type.Object({
    id: Uuid,
    created: Nullable(DateTime),
    updated: Nullable(DateTime),
    name: Absent(Name),
    data: Type.Optional(AnyObject),
    block_schema_id: Uuid,
    block_schema: Absent(BlockSchemaResponse),
    block_type_id: Uuid,
    block_type_name: Text,
    block_type: Absent(BlockTypeResponse),
    block_document_references: Type.Optional(
      Type.Unsafe<object>({
        type: "object",
        additionalProperties: { type: "object", additionalProperties: true },
      }),
    ),
    is_anonymous: Type.Optional(Type.Boolean({ default: false })),
  }),
);

/** Which block types are meant. */
export const BlockTypeFilter = named(
  "BlockTypeFilter",
  Closed({
    name: Absent(named("BlockTypeFilterName", Closed({ like_: Text }))),
    slug: Absent(named("BlockTypeFilterSlug", Closed({ any_: AnyOfTexts }))),
  }),
);

/** Which block schemas are meant. */
export const BlockSchemaFilter = named(
  "BlockSchemaFilter",
  Closed({
    operator: Type.Optional(Operator),
    block_type_id: Absent(named("BlockSchemaFilterBlockTypeId", Closed({ any_: AnyOfIds }))),
    block_capabilities: Absent(
      named("BlockSchemaFilterCapabilities", Closed({ all_: AnyOfTexts })),
    ),
    id: Absent(named("BlockSchemaFilterId", Closed({ any_: AnyOfIds }))),
    version: Absent(named("BlockSchemaFilterVersion", Closed({ any_: AnyOfTexts }))),
  }),
);

/** Which block documents are meant; if nothing is said of it, none that are anonymous. */
export const BlockDocumentFilter = named(
  "BlockDocumentFilter",
  Closed({
    operator: Type.Optional(Operator),
    id: Absent(named("BlockDocumentFilterId", Closed({ any_: AnyOfIds }))),
    is_anonymous: Type.Optional(
      Type.Union(
        [
          named("BlockDocumentFilterIsAnonymous", Closed({ eq_: Absent(Type.Boolean()) })),
          Type.Null(),
        ],
        { default: { eq_: false } },
      ),
    ),
    block_type_id: Absent(named("BlockDocumentFilterBlockTypeId", Closed({ any_: AnyOfIds }))),
    name: Absent(named("BlockDocumentFilterName", Closed({ any_: AnyOfTexts, like_: Text }))),
  }),
);

/** In which order block documents are listed. */
export const BlockDocumentSort = named(
  "BlockDocumentSort",
  OneOf("NAME_DESC", "NAME_ASC", "BLOCK_TYPE_AND_NAME_ASC"),
);

/** A block type as clients read it. */
export function writeBlockType(type: BlockType): object {
  return {
    id: type.id,
    created: writeDateTime(type.createdAt),
    updated: writeDateTime(type.updatedAt),
    name: type.name,
    slug: type.slug,
    logo_url: type.logoUrl,
    documentation_url: type.documentationUrl,
    description: type.description,
    code_example: type.codeExample,
    is_protected: type.isProtected,
  };
}

/** A block schema as clients read it. */
export function writeBlockSchema(schema: BlockSchema): object {
  return {
    id: schema.id,
    created: writeDateTime(schema.createdAt),
    updated: writeDateTime(schema.updatedAt),
    checksum: schema.checksum,
    fields: new JsonText(schema.fields),
    block_type_id: schema.type.id,
    block_type: writeBlockType(schema.type),
    capabilities: schema.capabilities,
    version: schema.version,
  };
}

/** A block document as clients read it; with `secretBox` its secrets as they are, else masked. */
export function writeBlockDocument(
  documents: BlockDocuments,
  id: string,
  secretBox: SecretBox | undefined,
): object | undefined {
  const document = documents.get(id);
  if (document === undefined) return undefined;
  const { schema } = document;
  return {
    id,
    created: writeDateTime(document.createdAt),
    updated: writeDateTime(document.updatedAt),
    name: document.name,
    data:
      secretBox === undefined
        ? maskedData(documents, id)
        : plainData(documents, id, opener(secretBox)),
    block_schema_id: schema.id,
    block_schema: writeBlockSchema(schema),
    block_type_id: schema.type.id,
    block_type_name: schema.type.name,
    block_type: writeBlockType(schema.type),
    block_document_references: writeReferences(documents, id, []),
    is_anonymous: document.isAnonymous,
  };
}

/** A filter of schemas as the store takes it. */
export function readSchemaFilter(
  filter: Static<typeof BlockSchemaFilter> | null | undefined,
): StoreSchemaFilter {
  return {
    ids: filter?.id?.any_ ?? null,
    typeIds: filter?.block_type_id?.any_ ?? null,
    capabilities: filter?.block_capabilities?.all_ ?? null,
    versions: filter?.version?.any_ ?? null,
    either: filter?.operator === "or_",
  };
}

function writeReferences(documents: BlockDocuments, id: string, within: readonly string[]): object {
  const { references = {} } = documents.get(id) ?? {};
  return Object.fromEntries(
    Object.entries(references).flatMap(([field, other]) => {
      const document = documents.get(other);
      if (document === undefined || within.includes(other)) return [];
      const shown = {
        id: other,
        name: document.name,
        block_type: writeBlockType(document.schema.type),
        is_anonymous: document.isAnonymous,
        block_document_references: writeReferences(documents, other, [...within, id]),
      };
      return [[field, { block_document: shown }]];
    }),
  );
}
