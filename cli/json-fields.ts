import {
  isJsonArray,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
} from "#shared/json.ts";
import { CliError } from "./cli-error.ts";

/** The answer as an object. Throws a CliError if it is none. */
export function objectIn(text: string): JsonObject {
  const value: JsonValue = JSON.parse(text);
  if (isJsonObject(value)) return value;
  throw new CliError("the control plane sent something else than was asked for");
}

/** The text under that key; empty if there is none. */
export function textAt(object: JsonObject, key: string): string {
  const value = ownValue(object, key);
  return typeof value === "string" ? value : "";
}

/** The object under that key; empty if there is none. */
export function objectAt(object: JsonObject, key: string): JsonObject {
  const value = ownValue(object, key);
  return isJsonObject(value) ? value : {};
}

/** The objects in the list under that key. */
export function objectsAt(object: JsonObject, key: string): JsonObject[] {
  const value = ownValue(object, key);
  return value !== undefined && isJsonArray(value) ? value.filter(isJsonObject) : [];
}

/** The texts under that key. */
export function textsAt(object: JsonObject, key: string): string[] {
  const value = ownValue(object, key);
  return value !== undefined && isJsonArray(value)
    ? value.filter((item) => typeof item === "string")
    : [];
}

/** The time under that key; undefined if there is none. */
export function timeAt(object: JsonObject, key: string): Date | undefined {
  const text = textAt(object, key);
  return text === "" ? undefined : new Date(text);
}
