import { ExactNumber, type ExactJson } from "#shared/exact-json.ts";

/**
 * The value as Python's `json.dumps(value, sort_keys=True)` writes it. Clients compute checksums from
 * that text, so every byte of it matters.
 */
export function pythonJson(value: ExactJson): string {
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "string") return pythonString(value);
  if (value instanceof ExactNumber) return pythonNumber(value.text);
  if (value instanceof Map) {
    const members = [...value]
      .sort(([a], [b]) => compareByCharacter(a, b))
      .map(([key, inner]) => `${pythonString(key)}: ${pythonJson(inner)}`);
    return `{${members.join(", ")}}`;
  }
  return `[${value.map(pythonJson).join(", ")}]`;
}

function pythonString(text: string): string {
  // All but printable ASCII is written as UTF-16 code units.
  return JSON.stringify(text).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What has a point or an exponent is a float in Python, and the rest an integer of any length. */
function pythonNumber(text: string): string {
  if (!/[.eE]/.test(text)) return text === "-0" ? "0" : text;
  const value = Number(text);
  if (!Number.isFinite(value)) return value < 0 ? "-Infinity" : "Infinity";
  const [mantissa = "", exponentText = ""] = Math.abs(value).toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(exponentText);
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  return sign + (exponent < -4 || exponent >= 16 ? scientific() : positional());

  function scientific(): string {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
  }

  function positional(): string {
    if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
    const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
    return `${whole}.${digits.slice(exponent + 1) || "0"}`;
  }
}

/** Python orders texts by characters, JavaScript by UTF-16 code units. */
function compareByCharacter(a: string, b: string): number {
  const left = Array.from(a);
  const right = Array.from(b);
  const differs = left.findIndex((character, index) => character !== right[index]);
  if (differs === -1) return left.length - right.length;
  const other = right[differs];
  return other === undefined
    ? 1
    : (left[differs]?.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0);
}
