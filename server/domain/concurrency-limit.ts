import { AppError, invalidField } from "#shared/errors.ts";
import type { DeploymentConcurrency } from "./flow-run.ts";
import { requireLimit } from "./work-pool.ts";

const LEAST_GRACE_SECONDS = 60;
const MOST_GRACE_SECONDS = 86_400;

/** What becomes of a run whose deployment is full: it waits, or is cancelled. */
export type CollisionStrategy = DeploymentConcurrency["strategy"];

/** Refuses slots per second that are not a number from 0. */
export function requireDecay(field: string, perSecond: number): void {
  if (Number.isFinite(perSecond) && perSecond >= 0) return;
  throw invalidField(field, `${perSecond} is out of range; give slots per second from 0`);
}

/** Refuses a deployment's limit that would let none of its runs start. Null: no limit. */
export function requireDeploymentLimit(field: string, limit: number | null): void {
  requireLimit(field, limit);
  if (limit === 0) {
    throw invalidField(field, "0 would let no run start; give a whole number from 1, or none");
  }
}

/** Refuses a grace period that is not of whole seconds from 60 to 86400. Null: the default. */
export function requireGracePeriod(field: string, seconds: number | null): void {
  const fits =
    seconds === null ||
    (Number.isInteger(seconds) && seconds >= LEAST_GRACE_SECONDS && seconds <= MOST_GRACE_SECONDS);
  if (fits) return;
  throw invalidField(
    field,
    `${seconds} is out of range; give whole seconds from ${LEAST_GRACE_SECONDS} to ${MOST_GRACE_SECONDS}`,
  );
}

/** The refusal of a limit's id or name that there is not. */
export function concurrencyLimitNotFound(idOrName: string): AppError {
  return new AppError(
    "not_found",
    `There is no concurrency limit '${idOrName}'; 'sluice global-concurrency-limit ls' lists them.`,
    { metadata: { concurrency_limit: idOrName } },
  );
}
