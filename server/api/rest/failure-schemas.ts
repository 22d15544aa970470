import { type TSchema, Type } from "typebox";
import { AnyJson, named } from "./schema-types.ts";

const ValidationError = named(
  "ValidationError",
  Type.Object({
    type: Type.String(),
    loc: Type.Array(Type.Union([Type.String(), Type.Integer()])),
    msg: Type.String(),
    input: Type.Optional(AnyJson),
    ctx: Type.Optional(Type.Unsafe<object>({ type: "object" })),
  }),
);

/** Why something was refused. */
export const Refusal = named(
  "Refusal",
  Type.Object({
    detail: Type.String(),
    reason: Type.Optional(Type.String()),
    violations: Type.Optional(
      Type.Array(Type.Object({ field: Type.String(), description: Type.String() })),
    ),
  }),
);

const UnfitRequest = named(
  "UnfitRequest",
  Type.Object({
    exception_message: Type.String(),
    exception_detail: Type.Array(ValidationError),
    request_body: AnyJson,
  }),
);

const Unauthorized = named("Unauthorized", Type.Object({ exception_message: Type.String() }));

/** What every route may answer beside its own answers, by status. */
export const FAILURES: Readonly<Record<number, TSchema>> = {
  401: Unauthorized,
  422: Type.Union([UnfitRequest, Refusal]),
  503: Refusal,
};
