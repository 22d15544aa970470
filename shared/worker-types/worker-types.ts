import { invalidField } from "#shared/errors.ts";
import { AZURE_CONTAINER_INSTANCE } from "./azure-container-instance.ts";
import { AZURE_CONTAINER_INSTANCE_PUSH } from "./azure-container-instance-push.ts";
import { CLOUD_RUN } from "./cloud-run.ts";
import { CLOUD_RUN_PUSH } from "./cloud-run-push.ts";
import { CLOUD_RUN_V2 } from "./cloud-run-v2.ts";
import { DOCKER } from "./docker.ts";
import { ECS } from "./ecs.ts";
import { ECS_PUSH } from "./ecs-push.ts";
import { KUBERNETES } from "./kubernetes.ts";
import { MODAL_PUSH } from "./modal-push.ts";
import { PREFECT_MANAGED } from "./prefect-managed.ts";
import { PROCESS } from "./process.ts";
import { VERTEX_AI } from "./vertex-ai.ts";
import type { JobTemplate, WorkerType } from "./worker-type.ts";

const WORKER_TYPES: readonly WorkerType[] = [
  PROCESS,
  DOCKER,
  KUBERNETES,
  ECS,
  CLOUD_RUN,
  CLOUD_RUN_V2,
  VERTEX_AI,
  AZURE_CONTAINER_INSTANCE,
  CLOUD_RUN_PUSH,
  ECS_PUSH,
  AZURE_CONTAINER_INSTANCE_PUSH,
  MODAL_PUSH,
  PREFECT_MANAGED,
];

/** Every type that is known, those a worker serves first. */
export function workerTypes(): readonly WorkerType[] {
  return WORKER_TYPES;
}

/** The type of that name; undefined if it is not known. */
export function findWorkerType(type: string): WorkerType | undefined {
  return WORKER_TYPES.find((known) => known.type === type);
}

/**
 * The base job template of a pool of that type whose creator gave none. Throws an invalid_argument
 * for a type that is not known.
 */
export function defaultBaseJobTemplate(type: string): JobTemplate {
  const known = findWorkerType(type);
  if (known !== undefined) return known.defaultBaseJobTemplate;
  const names = WORKER_TYPES.map((each) => `'${each.type}'`).join(", ");
  throw invalidField(
    "type",
    `'${type}' has no default template; use one of ${names}, or give a base job template`,
  );
}
