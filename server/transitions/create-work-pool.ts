import type { LostPolicy } from "#server/domain/lost-agent.ts";
import {
  DEFAULT_QUEUE_NAME,
  requireLimit,
  requireLostAfterSeconds,
  requireWorkPoolName,
} from "#server/domain/work-pool.ts";
import {
  NO_STORAGE,
  type StorageConfiguration,
  writeStorage,
} from "#server/domain/storage-configuration.ts";
import { tellsStatus, workPoolStatus } from "#server/domain/work-pool-status.ts";
import { insertEvents } from "#server/store/events.ts";
import { insertWorkPool } from "#server/store/work-pool-changes.ts";
import { moveStatuses } from "#server/store/work-pool-statuses.ts";
import { insertWorkQueue } from "#server/store/work-queues.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import { newId } from "#shared/ids.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import { defaultBaseJobTemplate, workerTypes } from "#shared/worker-types/worker-types.ts";
import { requireBlockDefaults } from "./block-values.ts";
import type { TransitionContext } from "./context.ts";
import { requireStorage } from "./require-storage.ts";
import { workPoolEvent } from "./work-pool-events.ts";
import { parseBaseJobTemplate } from "./work-pool-template.ts";

const DEFAULT_LOST_AFTER_SECONDS = 60;

/** A pool to create. */
export interface CreateWorkPoolInput {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  /** JSON text; empty or absent: the type's default template. */
  readonly baseJobTemplate?: string | undefined;
  readonly isPaused: boolean;
  readonly concurrencyLimit: number | null;
  readonly storage?: StorageConfiguration | undefined;
  readonly lostPolicy?: LostPolicy | undefined;
  readonly lostAfterSeconds?: number | undefined;
}

/**
 * Creates a pool with its default queue; answers its id. Throws already_exists for a name that is
 * taken, reserved_name for one that begins with "prefect", not_found for a block in the template that does not
 * exist, invalid_argument for a bad field.
 */
export async function createWorkPool(
  ctx: TransitionContext,
  input: CreateWorkPoolInput,
): Promise<string> {
  requireWorkPoolName("name", input.name);
  requireStorableText("name", input.name);
  requireStorableText("type", input.type);
  requireStorableText("description", input.description);
  if (input.type.trim() === "") {
    const known = workerTypes().map(({ type }) => type);
    throw invalidField("type", `it is empty; give a type such as ${known.join(", ")}`);
  }
  requireLimit("concurrency_limit", input.concurrencyLimit);
  const lostAfterSeconds = input.lostAfterSeconds ?? DEFAULT_LOST_AFTER_SECONDS;
  const lostPolicy = input.lostPolicy ?? "crash";
  const { heartbeatSeconds } = ctx.numbers;
  requireLostAfterSeconds("lost_after_seconds", lostAfterSeconds, {
    policy: lostPolicy,
    heartbeatSeconds,
  });
  const given = input.baseJobTemplate ?? "";
  const baseJobTemplate =
    given.trim() === ""
      ? defaultBaseJobTemplate(input.type)
      : parseBaseJobTemplate("base_job_template_json", given);
  const storage = input.storage ?? NO_STORAGE;
  requireStorage("storage_configuration", storage);
  const id = newId();
  await inTransaction(ctx.pool, async (tx) => {
    await requireBlockDefaults(ctx, tx, "base_job_template_json", baseJobTemplate);
    const defaultQueueId = newId();
    const created = await insertWorkPool(tx, {
      id,
      name: input.name,
      type: input.type,
      description: input.description === "" ? null : input.description,
      baseJobTemplate,
      isPaused: input.isPaused,
      concurrencyLimit: input.concurrencyLimit,
      storageConfiguration: writeStorage(storage),
      defaultQueueId,
      lostPolicy,
      lostAfterSeconds,
    });
    if (!created) {
      throw new AppError(
        "already_exists",
        `name: there is a work pool '${input.name}' already; choose another name, or change that one`,
        { metadata: { work_pool: input.name } },
      );
    }
    const { name, type } = input;
    const queue = { id: defaultQueueId, name: DEFAULT_QUEUE_NAME };
    await insertWorkQueue(tx, { id, name, type }, { ...queue, priority: 1 });
    await insertEvents(tx, [workPoolEvent("created", { id, name, type, queue, storage })]);
    const to = workPoolStatus(input.isPaused, false);
    if (tellsStatus(type)) await moveStatuses(tx, [{ workPoolId: id, from: null, to }]);
  });
  return id;
}
