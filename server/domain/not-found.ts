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

/** The refusal of an agent's or worker's name that a pool does not have. */
export function agentNotFound(workPoolName: string, name: string): AppError {
  return new AppError(
    "not_found",
    `There is no agent '${name}' in work pool '${workPoolName}'; 'sluice agent ls' lists them.`,
    { metadata: { work_pool: workPoolName, agent: name } },
  );
}

/** The refusal of a flow's id or name that there is not. */
export function flowNotFound(idOrName: string): AppError {
  return new AppError("not_found", `There is no flow '${idOrName}'; POST /flows/ makes one.`, {
    metadata: { flow: idOrName },
  });
}

/** The refusal of a block type's id or slug that there is not. */
export function blockTypeNotFound(idOrSlug: string): AppError {
  return new AppError(
    "not_found",
    `There is no block type '${idOrSlug}'; 'sluice block type ls' lists them.`,
    { metadata: { block_type: idOrSlug } },
  );
}

/** The refusal of a block schema's id or checksum that there is not. */
export function blockSchemaNotFound(idOrChecksum: string): AppError {
  return new AppError(
    "not_found",
    `There is no block schema '${idOrChecksum}'; clients register theirs before they store blocks.`,
    { metadata: { block_schema: idOrChecksum } },
  );
}

/** The refusal of a block document's id or `TYPE/NAME` that there is not. */
export function blockDocumentNotFound(idOrName: string): AppError {
  return new AppError(
    "not_found",
    `There is no block document '${idOrName}'; 'sluice block ls' lists them.`,
    { metadata: { block_document: idOrName } },
  );
}

/** The refusal of a variable's id or name that there is not. */
export function variableNotFound(idOrName: string): AppError {
  return new AppError(
    "not_found",
    `There is no variable '${idOrName}'; 'sluice variable ls' lists them.`,
    { metadata: { variable: idOrName } },
  );
}
