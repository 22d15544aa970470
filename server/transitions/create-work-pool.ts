import {
  DEFAULT_QUEUE_NAME,
  requireLimit,
  requireLostAfterSeconds,
  requireTemplateStructure,
  requireWorkPoolName,
} from "#server/domain/work-pool.ts";
import { insertEvents } from "#server/store/events.ts";
import { insertWorkPool } from "#server/store/work-pool-changes.ts";
import { insertWorkQueue } from "#server/store/work-queues.ts";
import { inTransaction } from "#server/store/transaction.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import { newId } from "#shared/ids.ts";
import { defaultBaseJobTemplate, KNOWN_POOL_TYPES } from "#shared/job-template/default-templates.ts";
import { type JsonObject, ownValue, isJsonObject, parseJsonObject } from "#shared/json.ts";
import { requireStorableJson, requireStorableText } from "#shared/storable-text.ts";
import type { TransitionContext } from "./context.ts";
import { requireSchema, schemaViolation } from "./json-schema.ts";

const DEFAULT_LOST_AFTER_SECONDS = 60;

/** A pool to create. */
export interface CreateWorkPoolInput {
  readonly name: string;
  readonly type: string;
  readonly description: string;
  /** JSON text; empty or absent: the type's default template. */
  readonly baseJobTemplate?: string;
  readonly isPaused: boolean;
  readonly concurrencyLimit: number | null;
  readonly lostPolicy?: "crash" | "keep" | undefined;
  readonly lostAfterSeconds?: number | undefined;
}

/** Creates a pool with its default queue; answers its id. */
export async function createWorkPool(
  ctx: TransitionContext,
  input: CreateWorkPoolInput,
): Promise<string> {
  requireWorkPoolName("name", input.name);
  requireStorableText("name", input.name);
  requireStorableText("description", input.description);
  if (input.type.trim() === "") {
    throw invalidField("type", `it is empty; give a type such as ${KNOWN_POOL_TYPES.join(", ")}`);
  }
  requireLimit("concurrency_limit", input.concurrencyLimit);
  const lostAfterSeconds = input.lostAfterSeconds ?? DEFAULT_LOST_AFTER_SECONDS;
  requireLostAfterSeconds("lost_after_seconds", lostAfterSeconds);
  const baseJobTemplate = readTemplate(input.type, input.baseJobTemplate ?? "");
  const id = newId();
  await inTransaction(ctx.pool, async (tx) => {
    const defaultQueueId = newId();
    const created = await insertWorkPool(tx, {
      id,
      name: input.name,
      type: input.type,
      description: input.description === "" ? null : input.description,
      baseJobTemplate,
      isPaused: input.isPaused,
      concurrencyLimit: input.concurrencyLimit,
      defaultQueueId,
      lostPolicy: input.lostPolicy ?? "crash",
      lostAfterSeconds,
    });
    if (!created) {
      throw new AppError(
        "already_exists",
        `name: there is a work pool '${input.name}' already; choose another name, or change that one`,
        { metadata: { work_pool: input.name } },
      );
    }
    await insertWorkQueue(tx, {
      id: defaultQueueId,
      workPoolId: id,
      name: DEFAULT_QUEUE_NAME,
      priority: 1,
    });
    await insertEvents(tx, [
      {
        event: "prefect.work-pool.created",
        resourceKind: "work-pool",
        resourceId: id,
        payload: { name: input.name, type: input.type },
      },
    ]);
  });
  return id;
}

function readTemplate(type: string, text: string): JsonObject {
  if (text.trim() === "") return defaultBaseJobTemplate(type);
  const template = parseJsonObject("base_job_template_json", text);
  requireTemplate("base_job_template_json", template);
  return template;
}

/** Refuses a template that cannot be resolved, or whose defaults do not fit its own schema. */
export function requireTemplate(field: string, template: JsonObject): void {
  requireStorableJson(field, template);
  requireTemplateStructure(field, template);
  const variables = ownValue(template, "variables");
  if (!isJsonObject(variables)) return;
  requireSchema(`${field}.variables`, variables);
  const properties = ownValue(variables, "properties");
  if (!isJsonObject(properties)) return;
  const defaults = Object.entries(properties).flatMap(([name, property]) => {
    const value = isJsonObject(property) ? ownValue(property, "default") : undefined;
    return value === undefined || value === null ? [] : [[name, value] as const];
  });
  const violation = schemaViolation(`${field}.variables`, variables, Object.fromEntries(defaults), {
    required: false,
  });
  if (violation !== undefined) throw invalidField(violation.field, violation.description);
}
