import { Option } from "commander";
import type { WorkQueue, WorkQueueKey } from "#proto/sluice/v1/work_queue_service.ts";
import { isUuid } from "#shared/ids.ts";
import { CliError } from "./cli-error.ts";
import type { ControlPlane } from "./control-plane.ts";

/** What an argument that names a queue may be. */
export const WORK_QUEUE_ARGUMENT = "its name or its id";

/** The pool of queues that are named without one. */
export const AGENT_POOL = "default-agent-pool";

/** The option that says which pool a queue is in. */
export function poolOption(): Option {
  return new Option("-p, --pool <pool>", `the queue's work pool (${AGENT_POOL})`);
}

/** What the option leaves among a command's options. */
export interface PoolOptions {
  readonly pool?: string;
}

/** The queue that the words mean: an id means one queue, and a name the one in the pool. */
function queueKey(nameOrId: string, { pool = "" }: PoolOptions): WorkQueueKey {
  if (isUuid(nameOrId)) return { key: { $case: "id", value: nameOrId } };
  return { key: { $case: "name", value: { workPoolName: pool, name: nameOrId } } };
}

/** Finds the queue that the words mean. Throws if it is not there, or is in another pool. */
export async function findQueue(
  plane: ControlPlane,
  nameOrId: string,
  options: PoolOptions,
): Promise<WorkQueue> {
  const { workQueue } = await plane.getWorkQueue({ key: queueKey(nameOrId, options) });
  if (workQueue === undefined) {
    throw new CliError(`the control plane sent no work queue '${nameOrId}'`);
  }
  if (options.pool !== undefined && workQueue.workPoolName !== options.pool) {
    throw new CliError(
      `work queue ${workQueue.id} is in work pool '${workQueue.workPoolName}', not in '${options.pool}'`,
      { hints: ["An id needs no --pool."] },
    );
  }
  return workQueue;
}

/** The key of a queue that was found. */
export function keyOf({ id }: WorkQueue): WorkQueueKey {
  return { key: { $case: "id", value: id } };
}
