import { invalidField } from "#shared/errors.ts";
import { type JsonObject, parseJsonObject } from "#shared/json.ts";

/** The most that the parameters of a run may take, as UTF-8 JSON. */
export const MAX_PARAMETER_BYTES = 524_288;

/** Parameters as they are looked at, and as they are handed to user code. */
export interface Parameters {
  readonly value: JsonObject;
  /** JSON. A number has every digit it was given with, which `value` may have lost. */
  readonly text: string;
}

/**
 * Reads parameters: a JSON object, or nothing for none. Throws an invalid_argument that names the
 * field if they are something else or too large.
 */
export function parseParameters(field: string, text: string): Parameters {
  const value = parseJsonObject(field, text);
  requireSize(field, text);
  return { value, text: text.trim() === "" ? "{}" : text };
}

/**
 * The parameters of a run: the deployment's, each replaced by the run's of the same name. Throws an
 * invalid_argument if the run's are no JSON object or both together are too large.
 */
export function mergeParameters(deployment: string, run: string): Parameters {
  const field = "parameters_json";
  const base = parseJsonObject("deployment.parameters_json", deployment);
  const over = parseParameters(field, run);
  if (Object.keys(over.value).length === 0) return { value: base, text: deployment.trim() || "{}" };
  if (Object.keys(base).length === 0) return over;
  const members = new Map([...splitMembers(deployment), ...splitMembers(over.text)]);
  const text = `{${[...members].map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`;
  requireSize(field, text);
  return { value: { ...base, ...over.value }, text };
}

/** The text of a JSON object's member, as it was written; undefined if it has none of that key. */
export function memberText(objectText: string, key: string): string | undefined {
  return new Map(splitMembers(objectText)).get(key);
}

const JSON_MARK = /"(?:[^"\\]+|\\.)*"|[{}[\],]/g;

/** Key and text of each member of a JSON object. The text must be one. */
function splitMembers(text: string): [string, string][] {
  const members: [string, string][] = [];
  let depth = 0;
  let key: string | undefined;
  let begin = 0;
  for (const { 0: mark, index } of text.matchAll(JSON_MARK)) {
    if (mark === "{" || mark === "[") depth += 1;
    else if (mark.startsWith('"')) {
      if (depth !== 1 || key !== undefined) continue;
      key = String(JSON.parse(mark));
      begin = text.indexOf(":", index + mark.length) + 1;
    } else if (depth === 1 && mark !== "]") {
      if (key !== undefined) members.push([key, text.slice(begin, index).trim()]);
      key = undefined;
    }
    if (mark === "}" || mark === "]") depth -= 1;
  }
  return members;
}

function requireSize(field: string, text: string): void {
  const bytes = utf8Length(text);
  if (bytes <= MAX_PARAMETER_BYTES) return;
  throw invalidField(
    field,
    `the parameters take ${bytes} bytes; at most ${MAX_PARAMETER_BYTES} (512 KiB) are allowed: pass ` +
      "large data by reference, such as the path of a file",
  );
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x80) bytes += 1;
    else if (code < 0x800) bytes += 2;
    else bytes += code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
