import { type Static, Type } from "typebox";
import type { StorageConfiguration } from "#server/domain/storage-configuration.ts";
import type { WorkPoolView } from "#server/store/work-pools.ts";
import { writeDateTime } from "./date-time.ts";
import { JsonText } from "./json-text.ts";
import {
  Absent,
  AnyObject,
  AnyOfIds,
  AnyOfTexts,
  Closed,
  DateTime,
  named,
  Nullable,
  OneOf,
  Operator,
  Uuid,
} from "./schema-types.ts";

const Name = Type.String({ pattern: "^[^/%&><]+$" });
const Limit = Type.Integer({ minimum: 0 });

/** Where results and code of a pool's runs are kept. */
const WorkPoolStorageConfiguration = named(
  "WorkPoolStorageConfiguration",
  Closed({
    bundle_upload_step: Absent(AnyObject),
    bundle_execution_step: Absent(AnyObject),
    default_result_storage_block_id: Absent(Uuid),
  }),
);

const WorkPoolStatus = named("WorkPoolStatus", OneOf("READY", "NOT_READY", "PAUSED"));

/** A pool to create. */
export const WorkPoolCreate = named(
  "WorkPoolCreate",
  Closed({
    name: Name,
    description: Absent(Type.String()),
    type: Type.Optional(Type.String({ default: "prefect-agent" })),
    base_job_template: Type.Optional(AnyObject),
    is_paused: Type.Optional(Type.Boolean({ default: false })),
    concurrency_limit: Absent(Limit),
    storage_configuration: Type.Optional(WorkPoolStorageConfiguration),
  }),
);

/** What to change of a pool: what is not there stays, what is null is cleared. */
export const WorkPoolUpdate = named(
  "WorkPoolUpdate",
  Closed({
    description: Absent(Type.String()),
    is_paused: Absent(Type.Boolean()),
    base_job_template: Absent(AnyObject),
    concurrency_limit: Absent(Limit),
    storage_configuration: Absent(WorkPoolStorageConfiguration),
  }),
);

/** Which pools are meant. */
export const WorkPoolFilter = named(
  "WorkPoolFilter",
  Closed({
    operator: Type.Optional(Operator),
    id: Absent(named("WorkPoolFilterId", Closed({ any_: AnyOfIds }))),
    name: Absent(named("WorkPoolFilterName", Closed({ any_: AnyOfTexts }))),
    type: Absent(named("WorkPoolFilterType", Closed({ any_: AnyOfTexts }))),
  }),
);

/** A pool as it is answered. */
export const WorkPoolResponse = named(
  "WorkPoolResponse",
  Type.Object({
    id: Uuid,
    created: Nullable(DateTime),
    updated: Nullable(DateTime),
    name: Name,
    description: Absent(Type.String()),
    type: Type.String(),
    base_job_template: Type.Optional(AnyObject),
    is_paused: Type.Optional(Type.Boolean()),
    concurrency_limit: Absent(Limit),
    status: Absent(WorkPoolStatus),
    default_queue_id: Absent(Uuid),
    storage_configuration: Type.Optional(WorkPoolStorageConfiguration),
    active_slots: Absent(Type.Integer()),
  }),
);

/** A pool as clients read it. */
export function writeWorkPool(view: WorkPoolView): object {
  return {
    id: view.id,
    created: writeDateTime(view.createdAt),
    updated: writeDateTime(view.updatedAt),
    name: view.name,
    description: view.description,
    type: view.type,
    base_job_template: new JsonText(view.baseJobTemplate),
    is_paused: view.isPaused,
    concurrency_limit: view.concurrencyLimit,
    status: view.type === "prefect-agent" ? null : view.status,
    default_queue_id: view.defaultQueueId,
    storage_configuration: new JsonText(view.storageConfiguration),
    active_slots: view.concurrencyLimit === null ? null : view.activeSlots,
  };
}

/** What a request says of the storage; what is not said is not configured. */
export function readStorageBody(
  body: Static<typeof WorkPoolStorageConfiguration> | null | undefined,
): StorageConfiguration {
  return {
    bundleUploadStep: body?.bundle_upload_step ?? null,
    bundleExecutionStep: body?.bundle_execution_step ?? null,
    defaultResultStorageBlockId: body?.default_result_storage_block_id ?? null,
  };
}
