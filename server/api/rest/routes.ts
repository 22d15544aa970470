import { BLOCK_DOCUMENT_ROUTES } from "./block-document-routes.ts";
import { BLOCK_SCHEMA_ROUTES } from "./block-schema-routes.ts";
import { BLOCK_TYPE_ROUTES } from "./block-type-routes.ts";
import { COLLECTION_ROUTES } from "./collection-routes.ts";
import { CONCURRENCY_LIMIT_ROUTES } from "./concurrency-limit-routes.ts";
import { CONCURRENCY_SLOT_ROUTES } from "./concurrency-slot-routes.ts";
import { CSRF_ROUTES } from "./csrf-routes.ts";
import { DEPLOYMENT_ROUTES } from "./deployment-routes.ts";
import { FLOW_ROUTES } from "./flow-routes.ts";
import { FLOW_RUN_CHANGE_ROUTES } from "./flow-run-change-routes.ts";
import { FLOW_RUN_LIST_ROUTES } from "./flow-run-list-routes.ts";
import { FLOW_RUN_ROUTES } from "./flow-run-routes.ts";
import { LOG_ROUTES } from "./log-routes.ts";
import { SERVER_ROUTES } from "./server-routes.ts";
import { TAG_LIMIT_ROUTES } from "./tag-limit-routes.ts";
import { VARIABLE_ROUTES } from "./variable-routes.ts";
import { WORK_POOL_INSIGHT_ROUTES } from "./work-pool-insight-routes.ts";
import { WORK_POOL_ROUTES } from "./work-pool-routes.ts";
import { WORK_QUEUE_ID_ROUTES } from "./work-queue-id-routes.ts";
import { WORK_QUEUE_ROUTES } from "./work-queue-routes.ts";
import { WORKER_ROUTES } from "./worker-routes.ts";
import type { Route } from "./route.ts";

/** Every route of the REST face. */
export const ROUTES: readonly Route[] = [
  ...SERVER_ROUTES,
  ...CSRF_ROUTES,
  ...BLOCK_DOCUMENT_ROUTES,
  ...BLOCK_SCHEMA_ROUTES,
  ...BLOCK_TYPE_ROUTES,
  ...COLLECTION_ROUTES,
  ...CONCURRENCY_LIMIT_ROUTES,
  ...CONCURRENCY_SLOT_ROUTES,
  ...DEPLOYMENT_ROUTES,
  ...FLOW_ROUTES,
  ...FLOW_RUN_CHANGE_ROUTES,
  ...FLOW_RUN_LIST_ROUTES,
  ...FLOW_RUN_ROUTES,
  ...LOG_ROUTES,
  ...TAG_LIMIT_ROUTES,
  ...VARIABLE_ROUTES,
  ...WORK_POOL_INSIGHT_ROUTES,
  ...WORK_POOL_ROUTES,
  ...WORK_QUEUE_ID_ROUTES,
  ...WORK_QUEUE_ROUTES,
  ...WORKER_ROUTES,
];
