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

/** The refusal of a queue's name that a pool does not have. */
export function workQueueNotFound(workPoolName: string, name: string): AppError {
  return new AppError(
    "not_found",
    `There is no work queue '${name}' in work pool '${workPoolName}'.`,
    { metadata: { work_pool: workPoolName, work_queue: name } },
  );
}

/** The refusal of a flow's id or name that there is not. */
export function flowNotFound(idOrName: string): AppError {
  return new AppError("not_found", `There is no flow '${idOrName}'; POST /flows/ makes one.`, {
    metadata: { flow: idOrName },
  });
}
