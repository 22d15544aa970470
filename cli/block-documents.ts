import type { JsonObject } from "#shared/json.ts";
import { usageError } from "./cli-error.ts";
import type { Document } from "./documents.ts";
import { objectAt, objectIn, textAt, textsAt } from "./json-fields.ts";
import type { RestApi } from "./rest-api.ts";
import { isUuid } from "#shared/ids.ts";

/** A variable as `-o json` shows it. */
export function variableDocument(variable: JsonObject): Document {
  return {
    id: textAt(variable, "id"),
    name: textAt(variable, "name"),
    value: variable["value"],
    tags: textsAt(variable, "tags"),
    created_at: textAt(variable, "created"),
    updated_at: textAt(variable, "updated"),
  };
}

/** A kind of block as `-o json` shows it. */
export function blockTypeDocument(type: JsonObject): Document {
  return {
    id: textAt(type, "id"),
    slug: textAt(type, "slug"),
    name: textAt(type, "name"),
    description: type["description"] ?? null,
    is_protected: type["is_protected"],
    created_at: textAt(type, "created"),
    updated_at: textAt(type, "updated"),
  };
}

/** A block as `-o json` shows it: its secrets are masked. */
export function blockDocument(block: JsonObject): Document {
  return {
    id: textAt(block, "id"),
    name: textAt(block, "name"),
    block_type: textAt(objectAt(block, "block_type"), "slug"),
    data: block["data"],
    is_anonymous: block["is_anonymous"],
    created_at: textAt(block, "created"),
    updated_at: textAt(block, "updated"),
  };
}

/** A block's name with that of its kind. */
export function fullName(block: JsonObject): string {
  return `${textAt(objectAt(block, "block_type"), "slug")}/${textAt(block, "name")}`;
}

/** The block of that id or `TYPE/NAME`, its secrets masked. Throws a CliError if there is none. */
export async function findBlock(rest: RestApi, idOrName: string): Promise<JsonObject> {
  const [slug = "", name, ...more] = idOrName.split("/");
  if (isUuid(idOrName)) return objectIn(await rest.call("GET", `/block_documents/${idOrName}`));
  if (name === undefined || more.length > 0) {
    throw usageError(`'${idOrName}' names no block; give its id, or TYPE/NAME`);
  }
  const path = `/block_types/slug/${encodeURIComponent(slug)}/block_documents/name/${encodeURIComponent(name)}`;
  return objectIn(await rest.call("GET", path));
}
