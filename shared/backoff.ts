/** How waits between attempts grow. All in milliseconds. */
export interface BackoffPolicy {
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * How long to wait before attempt `failures` + 1 (failures ≥ 1). The window doubles up to `maxMs`;
 * `random` in [0, 1) picks a point in its upper half, so that a fleet spreads out and none hurries.
 */
export function backoffMs(policy: BackoffPolicy, failures: number, random: number): number {
  const window = Math.min(policy.maxMs, policy.firstMs * 2 ** Math.min(failures - 1, 30));
  return window / 2 + (window / 2) * random;
}
