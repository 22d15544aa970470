import { BLOCK_DOCUMENT_ROUTES } from "./block-document-routes.ts";
import { BLOCK_SCHEMA_ROUTES } from "./block-schema-routes.ts";
import { BLOCK_TYPE_ROUTES } from "./block-type-routes.ts";
import type { Route } from "./route.ts";
import { SERVER_ROUTES } from "./server-routes.ts";
import { VARIABLE_ROUTES } from "./variable-routes.ts";
import { WORK_POOL_ROUTES } from "./work-pool-routes.ts";

/** Every route of the REST face. */
export const ROUTES: readonly Route[] = [
  ...SERVER_ROUTES,
  ...WORK_POOL_ROUTES,
  ...BLOCK_TYPE_ROUTES,
  ...BLOCK_SCHEMA_ROUTES,
  ...BLOCK_DOCUMENT_ROUTES,
  ...VARIABLE_ROUTES,
];
