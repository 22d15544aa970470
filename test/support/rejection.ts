import { messageOf } from "#shared/errors.ts";

/** The message with which a promise is rejected. Throws if it is not. */
export async function rejection(promise: Promise<unknown>): Promise<string> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return messageOf(error);
  }
  throw new Error(`not rejected, but resolved to ${JSON.stringify(value)}`);
}
