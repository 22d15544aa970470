import { type Static, type TSchema, Type } from "typebox";
import type { JsonObject, JsonValue } from "#shared/json.ts";

/** A schema that stands under its own name in the document, and is referred to elsewhere. */
export function named<T extends TSchema>(name: string, schema: T): T & { readonly $id: string } {
  return Object.assign(schema, { $id: name });
}

/** What the schema allows, or null. */
export function Nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

/** What may be left out, and may be null where it is there: both say that nothing is given. */
export function Absent<T extends TSchema>(schema: T) {
  return Type.Optional(Nullable(schema));
}

/** One of the texts. */
export function OneOf<const T extends readonly string[]>(...values: T) {
  return Type.Unsafe<T[number]>({ type: "string", enum: [...values] });
}

/** An id. In a path, whatever is none is an unknown path. */
export const Uuid = Type.String({ format: "uuid" });

/**
 * A time. In requests also with a space for the T, without a zone (then UTC), or as seconds since
 * 1970; handlers see RFC 3339 in UTC.
 */
export const DateTime = Type.String({ format: "date-time" });

/** Any JSON object. */
export const AnyObject = Type.Unsafe<JsonObject>({ type: "object", additionalProperties: true });

/** Anything JSON can say. */
export const AnyJson = Type.Unsafe<JsonValue>({});

/** A model that refuses fields it does not know, as everything does that is created or changed. */
export function Closed<P extends Parameters<typeof Type.Object>[0]>(properties: P) {
  return Type.Object(properties, { additionalProperties: false });
}

/** How the parts of a filter are joined. */
export const Operator = named("Operator", OneOf("and_", "or_"));

/** A filter's list of ids. */
export const AnyOfIds = Absent(Type.Array(Uuid));

/** A filter's list of texts. */
export const AnyOfTexts = Absent(Type.Array(Type.String()));

/** Which part of a list is asked for; `readPage` says what it means. */
export const PAGE = {
  limit: Absent(Type.Integer()),
  offset: Absent(Type.Integer({ minimum: 0 })),
};

/** What stands in a body for a part of a list. */
export type PageFields = Static<ReturnType<typeof pageObject>>;

function pageObject() {
  return Type.Object(PAGE);
}
