import type { Authorize } from "#server/api/authorize.ts";
import { isJsonObject, parseJson } from "#shared/json.ts";

/**
 * Whether a socket's first message lets its client in: `{"type": "auth", "token": …}` with the API
 * key or `user:password`, whatever the token is where no credentials are asked for.
 */
export function isLetIn(authorize: Authorize, text: string): boolean {
  const message = parseMessage(text);
  if (message?.["type"] !== "auth") return false;
  const { token } = message;
  const given = typeof token === "string" && token !== "" ? token : undefined;
  const headers =
    given === undefined
      ? [undefined]
      : [`Bearer ${given}`, `Basic ${Buffer.from(given).toString("base64")}`];
  return headers.some((header) => authorize("clients", header) === null);
}

/** A message as a JSON object; undefined if it is none. */
export function parseMessage(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value = parseJson("message", text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
