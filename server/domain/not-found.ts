import { AppError } from "#shared/errors.ts";

/** The refusal of a pool's name that there is not. */
export function workPoolNotFound(name: string): AppError {
  return new AppError(
    "not_found",
    `There is no work pool '${name}'; 'sluice work-pool ls' lists them.`,
    { metadata: { work_pool: name } },
  );
}

/** The refusal of a deployment's id or `FLOW/DEPLOYMENT` that there is not. */
export function deploymentNotFound(idOrName: string): AppError {
  return new AppError(
    "not_found",
    `There is no deployment '${idOrName}'; 'sluice deployment ls' lists them.`,
    { metadata: { deployment: idOrName } },
  );
}

/** The refusal of a run's id that there is not. */
export function flowRunNotFound(id: string): AppError {
  return new AppError(
    "not_found",
    `There is no flow run ${id}; 'sluice flow-run ls' lists the newest.`,
    { metadata: { flow_run_id: id } },
  );
}

/** The refusal of a queue that there is not: its id, or its name in a pool. */
export function workQueueNotFound(
  key: { readonly id: string } | { readonly workPoolName: string; readonly name: string },
): AppError {
  if ("id" in key) {
    return new AppError(
      "not_found",
      `There is no work queue ${key.id}; 'sluice work-queue ls' lists them.`,
      { metadata: { work_queue_id: key.id } },
    );
  }
  const { workPoolName, name } = key;
  return new AppError(
    "not_found",
    `There is no work queue '${name}' in work pool '${workPoolName}'; 'sluice work-queue ls' lists ` +
      "them all.",
    { metadata: { work_pool: workPoolName, work_queue: name } },
  );
}
