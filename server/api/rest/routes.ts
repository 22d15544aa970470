import { CSRF_ROUTES } from "./csrf-routes.ts";
import type { Route } from "./route.ts";
import { SERVER_ROUTES } from "./server-routes.ts";
import { WORK_POOL_ROUTES } from "./work-pool-routes.ts";
import { WORK_QUEUE_ID_ROUTES } from "./work-queue-id-routes.ts";
import { WORK_QUEUE_ROUTES } from "./work-queue-routes.ts";

/** Every route of the REST face. */
export const ROUTES: readonly Route[] = [
  ...SERVER_ROUTES,
  ...CSRF_ROUTES,
  ...WORK_POOL_ROUTES,
  ...WORK_QUEUE_ROUTES,
  ...WORK_QUEUE_ID_ROUTES,
];
