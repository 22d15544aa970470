import { CSRF_ROUTES } from "./csrf-routes.ts";
import { DEPLOYMENT_ROUTES } from "./deployment-routes.ts";
import { FLOW_ROUTES } from "./flow-routes.ts";
import { FLOW_RUN_CHANGE_ROUTES } from "./flow-run-change-routes.ts";
import { FLOW_RUN_LIST_ROUTES } from "./flow-run-list-routes.ts";
import { FLOW_RUN_ROUTES } from "./flow-run-routes.ts";
import { LOG_ROUTES } from "./log-routes.ts";
import type { Route } from "./route.ts";
import { SERVER_ROUTES } from "./server-routes.ts";
import { WORK_POOL_ROUTES } from "./work-pool-routes.ts";
import { WORKER_ROUTES } from "./worker-routes.ts";

/** Every route of the REST face. */
export const ROUTES: readonly Route[] = [
  ...SERVER_ROUTES,
  ...CSRF_ROUTES,
  ...WORK_POOL_ROUTES,
  ...WORKER_ROUTES,
  ...FLOW_RUN_ROUTES,
  ...FLOW_RUN_LIST_ROUTES,
  ...FLOW_RUN_CHANGE_ROUTES,
  ...FLOW_ROUTES,
  ...DEPLOYMENT_ROUTES,
  ...LOG_ROUTES,
];
