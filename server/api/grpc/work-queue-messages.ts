import {
  type WorkQueue,
  type WorkQueueKey as KeyMessage,
  WorkQueueStatus,
} from "#proto/sluice/v1/work_queue_service.ts";
import { AGENT_POOL_NAME } from "#server/domain/work-pool.ts";
import type { WorkQueueView } from "#server/store/work-queue-views.ts";
import type { WorkQueueKey } from "#server/store/work-queues.ts";
import { invalidField } from "#shared/errors.ts";
import { isUuid } from "#shared/ids.ts";
import { writeTime } from "./flow-run-messages.ts";

const STATUS = {
  READY: WorkQueueStatus.READY,
  NOT_READY: WorkQueueStatus.NOT_READY,
  PAUSED: WorkQueueStatus.PAUSED,
} as const satisfies Record<WorkQueueView["status"], WorkQueueStatus>;

/** A queue's key. Refuses one that names nothing, or an id that is none. */
export function readQueueKey(message: KeyMessage | undefined): WorkQueueKey {
  const key = message?.key;
  switch (key?.$case) {
    case "id":
      if (isUuid(key.value)) return { id: key.value.toLowerCase() };
      throw invalidField("key.id", `'${key.value}' is not a UUID; name the queue by pool and name`);
    case "name":
      if (key.value.name === "") {
        throw invalidField("key.name.name", "it is empty; give the queue's name, or its id");
      }
      return { workPoolName: poolNameOr(key.value.workPoolName), name: key.value.name };
    case undefined:
      throw invalidField("key", "it is missing; give the queue's id, or its pool and name");
  }
}

/** The pool of that name, or the one of queues that are named without a pool. */
export function poolNameOr(name: string): string {
  return name === "" ? AGENT_POOL_NAME : name;
}

/** A queue as it is shown. */
export function writeWorkQueue(view: WorkQueueView): WorkQueue {
  return {
    id: view.id,
    name: view.name,
    workPoolId: view.workPoolId,
    workPoolName: view.workPoolName,
    description: view.description,
    priority: view.priority,
    concurrencyLimit: view.concurrencyLimit ?? undefined,
    isPaused: view.isPaused,
    status: STATUS[view.status],
    lastPolledAt: writeTime(view.lastPolledAt),
    isDefault: view.isDefault,
    slotsHeld: view.slotsHeld,
    waitingRuns: view.waitingRuns,
    createdAt: writeTime(view.createdAt),
    updatedAt: writeTime(view.updatedAt),
  };
}
