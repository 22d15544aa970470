const LOOK_AGAIN_MS = 5;

/**
 * Waits until `condition` gives a value that is neither false, null nor undefined, and returns it.
 * For what has no event to wait for. Fails after `timeoutMs` (10 s if not given), with the last
 * error of the condition if it threw.
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  options: { readonly timeoutMs?: number; readonly what?: string } = {},
): Promise<Exclude<T, false | null | undefined>> {
  const { timeoutMs = 10_000, what = condition.toString() } = options;
  const end = performance.now() + timeoutMs;
  for (let failure: unknown; ;) {
    try {
      const value = await condition();
      if (isPresent(value)) return value;
      failure = undefined;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > end) {
      throw new Error(`not within ${timeoutMs} ms: ${what}`, { cause: failure });
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

function isPresent<T>(value: T): value is Exclude<T, false | null | undefined> {
  return value !== false && value !== null && value !== undefined;
}
