import { invalidField } from "./errors.ts";

interface SettingBase {
  /** Long flag without dashes; none if it is only in the environment. */
  readonly flag?: string;
  /** Placeholder in help, as `PORT`. */
  readonly placeholder?: string;
  /** Name in the environment. */
  readonly env: string;
  /** Other names accepted in the environment, tried in order after `env`. */
  readonly aliases?: readonly string[];
  /** One sentence; says the unit. */
  readonly help: string;
  /** Its value must never be shown. */
  readonly secret?: boolean;
}

/** One setting of a program. Flag beats environment beats default. */
export type Setting =
  | (SettingBase & { readonly kind: "text"; readonly default?: string })
  | (SettingBase & { readonly kind: "list"; readonly default: readonly string[] })
  | (SettingBase & {
      readonly kind: "integer" | "number";
      readonly default?: number;
      readonly min?: number;
      readonly max?: number;
    })
  | (SettingBase & { readonly kind: "flag"; readonly default: boolean })
  | (SettingBase & {
      readonly kind: "choice";
      readonly choices: readonly string[];
      readonly default: string;
    });

/** All settings of a program, by their name in the code. */
export type SettingsSchema = Readonly<Record<string, Setting>>;

type Required<S, V> = S extends { readonly default: infer D }
  ? undefined extends D
    ? V | undefined
    : V
  : V | undefined;
type ValueOf<S extends Setting> = S extends { kind: "text" }
  ? Required<S, string>
  : S extends { kind: "list" }
    ? readonly string[]
    : S extends { kind: "integer" | "number" }
      ? Required<S, number>
      : S extends { kind: "flag" }
        ? boolean
        : string;

/** The values of a schema's settings. */
export type SettingsOf<Schema extends SettingsSchema> = {
  readonly [K in keyof Schema]: ValueOf<Schema[K]>;
};

/**
 * The settings from flags (by setting name; undefined where not given) and the environment. An
 * empty environment variable counts as absent. Throws an AppError that names flag or variable,
 * value and what is allowed.
 */
export function resolveSettings<Schema extends SettingsSchema>(
  schema: Schema,
  flags: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): SettingsOf<Schema> {
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries(schema)) {
    const flag = flags[name];
    const variable = [setting.env, ...(setting.aliases ?? [])].find((key) => environment[key]);
    if (flag !== undefined) values[name] = parse(setting, `--${setting.flag}`, flag);
    else if (variable !== undefined) values[name] = parse(setting, variable, environment[variable]);
    else values[name] = setting.default;
  }
  return values as SettingsOf<Schema>;
}

function parse(setting: Setting, source: string, given: unknown): unknown {
  switch (setting.kind) {
    case "text":
      return String(given);
    case "list":
      return Array.isArray(given)
        ? given
        : String(given)
            .split(",")
            .map((item) => item.trim());
    case "integer":
    case "number":
      return parseNumber(setting, source, String(given));
    case "flag": {
      if (typeof given === "boolean") return given;
      const text = String(given).toLowerCase();
      if (["1", "true", "yes", "on"].includes(text)) return true;
      if (["0", "false", "no", "off"].includes(text)) return false;
      throw invalidField(source, `'${String(given)}' is neither true nor false`);
    }
    case "choice":
      if (setting.choices.includes(String(given))) return String(given);
      throw invalidField(source, `'${String(given)}' is not one of ${setting.choices.join(", ")}`);
  }
}

function parseNumber(
  setting: Extract<Setting, { kind: "integer" | "number" }>,
  source: string,
  text: string,
): number {
  const value = Number(text);
  const { kind, min = -Infinity, max = Infinity } = setting;
  if (
    text.trim() === "" ||
    !Number.isFinite(value) ||
    (kind === "integer" && !Number.isInteger(value))
  ) {
    throw invalidField(
      source,
      `'${text}' is not ${kind === "integer" ? "a whole number" : "a number"}`,
    );
  }
  if (value < min || value > max) {
    const range = max === Infinity ? `at least ${min}` : `from ${min} to ${max}`;
    throw invalidField(source, `${text} is out of range; it must be ${range}`);
  }
  return value;
}
