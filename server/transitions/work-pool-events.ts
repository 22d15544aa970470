import type { StorageConfiguration } from "#server/domain/storage-configuration.ts";
import type { EventLabels, NewEvent } from "#server/store/events.ts";
import { poolLabels } from "#server/store/work-pool-statuses.ts";
import type { JsonObject } from "#shared/json.ts";
import { ownValue } from "#shared/json.ts";

/** A pool that came or went, with what belongs to it. */
export interface PoolOfEvent {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly queue: { readonly id: string; readonly name: string } | null;
  readonly storage: StorageConfiguration;
}

/** What events list of a pool, in their order; a pause tells itself by the status. */
const LISTED = [
  "description",
  "base_job_template",
  "concurrency_limit",
  "storage_configuration",
] as const;

/** A pool was created or deleted; with its default queue and the block its results go to. */
export function workPoolEvent(what: "created" | "deleted", pool: PoolOfEvent): NewEvent {
  const { queue, storage } = pool;
  const blockId = storage.defaultResultStorageBlockId;
  return {
    event: `prefect.work-pool.${what}`,
    resourceKind: "work-pool",
    resourceId: pool.id,
    resource: poolLabels(pool),
    related: [
      ...(queue === null ? [] : [related("work-queue", queue.id, "default-queue", queue.name)]),
      ...(blockId === null ? [] : [related("block-document", blockId, "result-storage")]),
    ],
    payload: {},
  };
}

/** A pool was changed: `{field: {from, to}}`, beside the pause. None if nothing is different now. */
export function workPoolUpdated(
  pool: { readonly id: string; readonly name: string; readonly type: string },
  updates: JsonObject,
): NewEvent[] {
  const fields = LISTED.filter((field) => ownValue(updates, field) !== undefined);
  if (fields.length === 0) return [];
  return [
    {
      event: "prefect.work-pool.updated",
      resourceKind: "work-pool",
      resourceId: pool.id,
      resource: poolLabels(pool),
      payload: { updated_fields: fields, updates },
    },
  ];
}

function related(kind: string, id: string, role: string, name?: string): EventLabels {
  return {
    "prefect.resource.id": `prefect.${kind}.${id}`,
    "prefect.resource.role": role,
    ...(name === undefined ? {} : { "prefect.resource.name": name }),
  };
}
