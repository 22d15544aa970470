import { AppError } from "#shared/errors.ts";

/** The AppError with which a promise is rejected. Throws if it is not, or with something else. */
export async function refusal(promise: Promise<unknown>): Promise<AppError> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error(`not refused, but resolved to ${JSON.stringify(value)}`);
}
