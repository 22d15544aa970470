import { AppError } from "#shared/errors.ts";

/** The refusal of a name that another queue of the pool has. */
export function queueNameTaken(workPoolName: string, name: string): AppError {
  return new AppError(
    "already_exists",
    `name: there is a work queue '${name}' in work pool '${workPoolName}' already; choose another ` +
      "name, or change that one",
    { metadata: { work_pool: workPoolName, work_queue: name } },
  );
}
