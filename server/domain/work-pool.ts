import { AppError, invalidField } from "#shared/errors.ts";
import { findPlaceholders } from "#shared/job-template/placeholder.ts";
import { isJsonObject, type JsonObject, ownValue } from "#shared/json.ts";
import { leastRescheduleAfterMs } from "#shared/loss-margins.ts";
import { requireName } from "#shared/names.ts";
import type { LostPolicy } from "./lost-agent.ts";

const MAX_INTEGER = 2_147_483_647;

/** Name of the queue each pool is created with. */
export const DEFAULT_QUEUE_NAME = "default";

/** The pool of queues that are named without a pool, made when it is first needed. */
export const AGENT_POOL_NAME = "default-agent-pool";

/**
 * Refuses a name a pool cannot have. Those that begin with "prefect", however written, are
 * reserved: throws reserved_name.
 */
export function requireWorkPoolName(field: string, name: string): void {
  requireUnreservedName(field, name);
  requireName(field, name);
}

/** Refuses a name that begins with "prefect", however written: throws reserved_name. */
export function requireUnreservedName(field: string, name: string): void {
  if (name.toLowerCase().startsWith("prefect")) {
    throw new AppError(
      "reserved_name",
      `${field}: '${name}' begins with 'prefect', which is reserved; choose another name`,
      { violations: [{ field, description: "names that begin with 'prefect' are reserved" }] },
    );
  }
}

/** Refuses an ageing that is not a whole number of seconds from 1. Null: none. */
export function requireAgeing(field: string, seconds: number | null): void {
  if (seconds === null) return;
  if (Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_INTEGER) return;
  throw invalidField(
    field,
    `${seconds} is out of range; give whole seconds, at least 1, or 0 for none`,
  );
}

/** Refuses a limit that is not a whole number from 0. Null: no limit. */
export function requireLimit(field: string, limit: number | null): void {
  if (limit === null || (Number.isInteger(limit) && limit >= 0 && limit <= MAX_INTEGER)) return;
  throw invalidField(field, `${limit} is no limit; give a whole number from 0, or none`);
}

/**
 * Refuses a span of silence that is not a whole number of seconds from 1; under `reschedule`, one
 * in which an agent could not stop its runs in time without stopping them for a few missed beats.
 */
export function requireLostAfterSeconds(
  field: string,
  seconds: number,
  pool: { readonly policy: LostPolicy; readonly heartbeatSeconds: number },
): void {
  if (!(Number.isInteger(seconds) && seconds >= 1 && seconds <= MAX_INTEGER)) {
    throw invalidField(field, `${seconds} is out of range; give whole seconds, at least 1`);
  }
  if (pool.policy !== "reschedule") return;
  const least = Math.ceil(leastRescheduleAfterMs(pool.heartbeatSeconds * 1000) / 1000);
  if (seconds >= least) return;
  throw invalidField(
    field,
    `${seconds} s are too few for lost_policy 'reschedule', with heartbeats every ` +
      `${pool.heartbeatSeconds} s: a cut-off agent must have killed its runs before they start ` +
      `elsewhere; give at least ${least}, or choose another policy`,
  );
}

/**
 * Refuses a base job template that cannot be resolved: it is `{}`, or has both `job_configuration`
 * and `variables`, neither empty, and each placeholder of the first is a property of the second.
 * Whether `variables` is a JSON Schema is not looked at here.
 */
export function requireTemplateStructure(field: string, template: JsonObject): void {
  if (Object.keys(template).length === 0) return;
  const configuration = requirePart(field, template, "job_configuration");
  const properties = ownValue(requirePart(field, template, "variables"), "properties") ?? {};
  const undeclared = new Set(
    Object.values(configuration)
      .flatMap((value) => findPlaceholders(JSON.stringify(value)))
      .map(({ name }) => name)
      .filter((name) => !isJsonObject(properties) || !Object.hasOwn(properties, name)),
  );
  if (undeclared.size === 0) return;
  const names = [...undeclared].map((name) => `'${name}'`).join(", ");
  throw invalidField(
    field,
    `job_configuration uses ${names}, which variables.properties does not declare; declare or remove it`,
  );
}

function requirePart(field: string, template: JsonObject, key: string): JsonObject {
  const part = ownValue(template, key);
  if (isJsonObject(part) && Object.keys(part).length > 0) return part;
  throw invalidField(
    field,
    `${key} is missing or empty; a template is {} or has both job_configuration and variables`,
  );
}
