import type { TSchema } from "typebox";
import { isJsonObject, type JsonObject, type JsonValue } from "#shared/json.ts";

/** Where named schemas stand in the document. */
export const COMPONENTS = "#/components/schemas/";

/** Collects named schemas, and replaces each by a reference where it is used. */
export class Components {
  readonly #schemas = new Map<string, JsonObject>();

  /** The schema as it stands in the document. Throws if two different ones have the same name. */
  reference(schema: TSchema): JsonObject {
    const plain: unknown = JSON.parse(JSON.stringify(schema));
    if (!isJsonObject(plain)) throw new Error("a schema is an object");
    return this.#lift(plain);
  }

  /** All named schemas, by name. Throws if one is only referred to. */
  all(): JsonObject {
    const schemas = Object.fromEntries([...this.#schemas].sort(([a], [b]) => (a < b ? -1 : 1)));
    for (const [, name = ""] of JSON.stringify(schemas).matchAll(
      /"\$ref":"#\/components\/schemas\/([^"]+)"/g,
    )) {
      if (schemas[name] === undefined) throw new Error(`no schema is named ${name}`);
    }
    return schemas;
  }

  #lift(schema: JsonObject): JsonObject {
    const { $id, $ref, ...rest } = schema;
    if (typeof $ref === "string") {
      return { ...rest, $ref: $ref.startsWith("#") ? $ref : `${COMPONENTS}${$ref}` };
    }
    const lifted = this.#liftInside(rest);
    if (typeof $id !== "string") return lifted;
    const known = this.#schemas.get($id);
    if (known !== undefined && !Bun.deepEquals(known, lifted)) {
      throw new Error(`two different schemas are named ${$id}`);
    }
    this.#schemas.set($id, lifted);
    return { $ref: `${COMPONENTS}${$id}` };
  }

  #liftInside(schema: JsonObject): JsonObject {
    return Object.fromEntries(
      Object.entries(schema).map(([key, value]): [string, JsonValue] => {
        if (key === "default" || key === "enum" || key === "const") return [key, value];
        if ((key === "properties" || key === "patternProperties") && isJsonObject(value)) {
          return [
            key,
            Object.fromEntries(
              Object.entries(value).map(([name, inner]) => [name, this.#liftValue(inner)]),
            ),
          ];
        }
        return [key, this.#liftValue(value)];
      }),
    );
  }

  #liftValue(value: JsonValue): JsonValue {
    if (Array.isArray(value)) return value.map((item: JsonValue) => this.#liftValue(item));
    return isJsonObject(value) ? this.#lift(value) : value;
  }
}
