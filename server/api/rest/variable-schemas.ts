import { type Static, Type } from "typebox";
import type { JsonValue } from "#shared/json.ts";
import type { Variable, VariableFilter as StoreFilter } from "#server/store/variables.ts";
import { writeDateTime } from "./date-time.ts";
import { JsonText } from "./json-text.ts";
import { containing } from "./like-pattern.ts";
import {
  Absent,
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

const Name = Type.String({ maxLength: 255 });
const Tags = Type.Array(Type.String());

/** Anything JSON can say, kind by kind. */
const Value = Type.Unsafe<JsonValue>({
  anyOf: [
    { type: "string" },
    { type: "integer" },
    { type: "boolean" },
    { type: "number" },
    { type: "object", additionalProperties: true },
    { type: "array", items: {} },
    { type: "null" },
  ],
});

/** A variable to create. */
export const VariableCreate = named(
  "VariableCreate",
  Closed({ name: Name, value: Value, tags: Type.Optional(Tags) }),
);

/** What to change of a variable: what is not there stays. */
export const VariableUpdate = named(
  "VariableUpdate",
  Closed({ name: Absent(Name), value: Type.Optional(Value), tags: Absent(Tags) }),
);

/** Which variables are meant. */
export const VariableFilter = named(
  "VariableFilter",
  Closed({
    operator: Type.Optional(Operator),
    id: Absent(named("VariableFilterId", Closed({ any_: AnyOfIds }))),
    name: Absent(
      named("VariableFilterName", Closed({ any_: AnyOfTexts, like_: Absent(Type.String()) })),
    ),
    tags: Absent(
      named(
        "VariableFilterTags",
        Closed({
          operator: Type.Optional(Operator),
          all_: AnyOfTexts,
          is_null_: Absent(Type.Boolean()),
        }),
      ),
    ),
  }),
);

/** In which order variables are listed. */
export const VariableSort = named(
  "VariableSort",
  OneOf("CREATED_DESC", "UPDATED_DESC", "NAME_DESC", "NAME_ASC"),
);

/** A variable as it is answered. */
export const VariableResponse = named(
  "Variable",
  Type.Object({
    id: Uuid,
    created: Nullable(DateTime),
    updated: Nullable(DateTime),
    name: Name,
    value: Value,
    tags: Type.Optional(Tags),
  }),
);

/** A variable as clients read it. */
export function writeVariable(variable: Variable): object {
  return {
    id: variable.id,
    created: writeDateTime(variable.createdAt),
    updated: writeDateTime(variable.updatedAt),
    name: variable.name,
    value: new JsonText(variable.value),
    tags: variable.tags,
  };
}

/** A filter as the store takes it. */
export function readVariableFilter(
  filter: Static<typeof VariableFilter> | null | undefined,
): StoreFilter {
  return {
    ids: filter?.id?.any_ ?? null,
    names: filter?.name?.any_ ?? null,
    nameLike: containing(filter?.name?.like_),
    tags: filter?.tags?.all_ ?? null,
    hasNoTags: filter?.tags?.is_null_ ?? null,
    eitherOfTags: filter?.tags?.operator === "or_",
    either: filter?.operator === "or_",
  };
}
