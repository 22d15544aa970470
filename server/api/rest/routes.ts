import { COLLECTION_ROUTES } from "./collection-routes.ts";
import { CSRF_ROUTES } from "./csrf-routes.ts";
import type { Route } from "./route.ts";
import { SERVER_ROUTES } from "./server-routes.ts";
import { WORK_POOL_INSIGHT_ROUTES } from "./work-pool-insight-routes.ts";
import { WORK_POOL_ROUTES } from "./work-pool-routes.ts";

/** Every route of the REST face. */
export const ROUTES: readonly Route[] = [
  ...SERVER_ROUTES,
  ...CSRF_ROUTES,
  ...COLLECTION_ROUTES,
  ...WORK_POOL_ROUTES,
  ...WORK_POOL_INSIGHT_ROUTES,
];
