import { Type } from "typebox";
import { AppError } from "#shared/errors.ts";
import { newId } from "#shared/ids.ts";
import { writeDateTime } from "./date-time.ts";
import { route, type Route } from "./route.ts";
import { DateTime, named, Nullable, Uuid } from "./schema-types.ts";

const CsrfToken = named(
  "CsrfToken",
  Type.Object({
    id: Uuid,
    created: Nullable(DateTime),
    updated: Nullable(DateTime),
    token: Type.String(),
    client: Type.String(),
    expiration: DateTime,
  }),
);

/** What a client asks before its first change. */
export const CSRF_ROUTES: readonly Route[] = [
  route({
    method: "get",
    path: "/csrf-token",
    name: "create_csrf_token",
    tags: ["Root"],
    summary: "A token to send with every change; 422 where none is needed",
    query: Type.Object({ client: Type.String() }),
    responses: { 200: CsrfToken },
    handler: async ({ csrf }, { query }) => {
      // Clients compare this text to the letter.
      if (csrf === null) throw new AppError("invalid_argument", "CSRF protection is disabled.");
      const { token, client, expiration } = await csrf.issue(query.client);
      const now = writeDateTime(Date.now());
      const body = {
        id: newId(),
        created: now,
        updated: now,
        token,
        client,
        expiration: writeDateTime(expiration),
      };
      return { status: 200, body };
    },
  }),
];
