import type { ApplyDeploymentRequest } from "#proto/sluice/v1/deployment_service.ts";

/** What a deployment's request says of its concurrency limit. */
export type LimitFields = Pick<
  ApplyDeploymentRequest,
  "concurrencyLimit" | "collisionStrategy" | "gracePeriodSeconds"
>;

const STRATEGIES = {
  ENQUEUE: "COLLISION_STRATEGY_ENQUEUE",
  CANCEL_NEW: "COLLISION_STRATEGY_CANCEL_NEW",
} as const;

/** What becomes of a run that finds no slot, as people write it. */
export type CollisionStrategyName = keyof typeof STRATEGIES;

/** All of them. */
export const COLLISION_STRATEGIES: readonly string[] = Object.keys(STRATEGIES);

/** Whether the text is one of them. */
export function isCollisionStrategy(text: string): text is CollisionStrategyName {
  return Object.hasOwn(STRATEGIES, text);
}

/** The fields of a request; what is not given is the control plane's default. */
export function limitFields(given: {
  readonly limit?: number | undefined;
  readonly strategy?: CollisionStrategyName | undefined;
  readonly gracePeriodSeconds?: number | undefined;
}): LimitFields {
  return {
    concurrencyLimit: given.limit,
    collisionStrategy:
      given.strategy === undefined ? "COLLISION_STRATEGY_UNSPECIFIED" : STRATEGIES[given.strategy],
    gracePeriodSeconds: given.gracePeriodSeconds,
  };
}
