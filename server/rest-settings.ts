import type { SettingsSchema } from "#shared/settings.ts";

/** The settings that only the REST face has. */
export const REST_SETTINGS = {
  authString: {
    kind: "text",
    env: "SLUICE_SERVER_AUTH_STRING",
    secret: true,
    help: "user:password that clients may send as Basic instead of the key; it opens everything, as the key does.",
  },
  pageLimit: {
    kind: "integer",
    env: "SLUICE_SERVER_API_PAGE_LIMIT",
    default: 200,
    min: 1,
    max: 10_000,
    help: "Most entries of a list in one answer of the REST API, and how many there are unless a client asks for fewer.",
  },
  reportedVersion: {
    kind: "text",
    env: "SLUICE_SERVER_REPORTED_VERSION",
    default: "3.9.1",
    help: "Version of the Prefect server that the REST API passes for; clients compare it with their own.",
  },
  csrf: {
    kind: "flag",
    env: "SLUICE_SERVER_CSRF",
    default: false,
    help: "Whether changes by the REST API need a CSRF token; Prefect's clients fetch one by themselves.",
  },
  csrfLife: {
    kind: "number",
    env: "SLUICE_SERVER_CSRF_TOKEN_SECONDS",
    default: 3600,
    min: 1,
    help: "Seconds that a CSRF token is good for.",
  },
} as const satisfies SettingsSchema;
