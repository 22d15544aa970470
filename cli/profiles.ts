import { randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { CliError, usageError } from "./cli-error.ts";
import { nearest } from "./suggestion.ts";

/** Variables by name, as a program's environment is. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** A named set of variables. */
export type Profile = Readonly<Record<string, string>>;

/** What the profiles file holds. */
export interface Profiles {
  /** The profile that is used unless another is asked for. */
  readonly active: string | undefined;
  readonly profiles: ReadonlyMap<string, Profile>;
}

const NONE: Profiles = { active: undefined, profiles: new Map() };

/** Variables that choose a profile or its file and therefore cannot stand in one. */
const NOT_IN_A_PROFILE: ReadonlySet<string> = new Set(["SLUICE_HOME", "SLUICE_PROFILE"]);

/** Names the pool that is meant where none is named. */
export const DEFAULT_WORK_POOL = "SLUICE_DEFAULT_WORK_POOL";

/** The folder of all files Sluice writes. */
function homeOf(environment: Environment): string {
  return environment["SLUICE_HOME"] || join(environment["HOME"] || homedir(), ".sluice");
}

/** Path of the profiles file. */
export function profilesPath(environment: Environment): string {
  return join(homeOf(environment), "profiles.toml");
}

/** Reads the file; a missing one holds no profiles. Throws a CliError that names file and key. */
export function readProfiles(path: string): Profiles {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return NONE;
    throw unreadable(path, error);
  }
  let document: object;
  try {
    document = Bun.TOML.parse(text);
  } catch (error) {
    throw unreadable(path, error);
  }
  return profilesOf(path, document);
}

function unreadable(path: string, error: unknown): CliError {
  const why = error instanceof Error ? error.message : String(error);
  return usageError(`${path}: cannot be read: ${why}`);
}

function profilesOf(path: string, document: object): Profiles {
  const profiles = new Map<string, Profile>();
  let active: string | undefined;
  for (const [key, value] of Object.entries(document)) {
    if (key === "active" && typeof value === "string") active = value;
    else if (key === "profiles" && isTable(value)) {
      for (const [name, table] of Object.entries(value)) {
        profiles.set(name, profileOf(path, name, table));
      }
    } else {
      throw usageError(
        `${path}: '${key}' is not expected there; it holds 'active = "NAME"' and [profiles.NAME] tables`,
      );
    }
  }
  return { active, profiles };
}

function profileOf(path: string, name: string, table: unknown): Profile {
  if (!isTable(table))
    throw usageError(`${path}: profiles.${name} must be a table [profiles.${name}]`);
  const profile: Record<string, string> = {};
  for (const [key, value] of Object.entries(table)) {
    const where = `${path}: profiles.${name}.${key}`;
    if (typeof value !== "string") throw usageError(`${where} must be text in quotes`);
    requireVariable(where, key);
    profile[key] = value;
  }
  return profile;
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Refuses a name that is no variable of Sluice or may not stand in a profile. */
export function requireVariable(where: string, name: string): void {
  if (!/^SLUICE_[A-Z0-9_]+$/.test(name)) {
    throw usageError(
      `${where}: '${name}' is not a variable of Sluice; their names begin with SLUICE_`,
    );
  }
  if (NOT_IN_A_PROFILE.has(name)) {
    throw usageError(`${where}: ${name} decides which profile is read and cannot stand in one`);
  }
}

/** The profile of that name. Throws a CliError that lists those there are. */
export function findProfile(profiles: Profiles, name: string, path: string): Profile {
  const profile = profiles.profiles.get(name);
  if (profile !== undefined) return profile;
  const names = [...profiles.profiles.keys()].sort();
  const meant = nearest(name, names);
  throw usageError(
    `there is no profile '${name}'`,
    ...(meant === undefined ? [] : [`Did you mean '${meant}'?`]),
    names.length === 0 ? `${path} holds no profiles` : `Profiles in ${path}: ${names.join(", ")}`,
  );
}

/** Name of the profile in use: asked for by flag, by SLUICE_PROFILE, or the file's active one. */
export function activeProfile(
  profiles: Profiles,
  environment: Environment,
  flag: string | undefined,
): string | undefined {
  return flag ?? (environment["SLUICE_PROFILE"] || profiles.active);
}

/** The environment with the profile's variables under it: what is set in the environment wins. */
export function environmentWithProfile(
  environment: Environment,
  flag: string | undefined,
): Environment {
  const path = profilesPath(environment);
  const profiles = readProfiles(path);
  const name = activeProfile(profiles, environment, flag);
  if (name === undefined) return environment;
  const set = Object.entries(environment).filter(
    ([, value]) => value !== undefined && value !== "",
  );
  return { ...findProfile(profiles, name, path), ...Object.fromEntries(set) };
}

/**
 * Sets a variable of the profile in use and answers the profile's name. If none is in use, one named
 * `default` is, from now on.
 */
export function setInProfile(
  environment: Environment,
  flag: string | undefined,
  key: string,
  value: string,
): string {
  const path = profilesPath(environment);
  const { active, profiles } = readProfiles(path);
  const chosen = activeProfile({ active, profiles }, environment, flag);
  const name = chosen ?? "default";
  const before =
    chosen === undefined
      ? (profiles.get(name) ?? {})
      : findProfile({ active, profiles }, chosen, path);
  const changed = new Map([...profiles, [name, { ...before, [key]: value }]]);
  writeProfiles(path, { active: active ?? name, profiles: changed });
  return name;
}

/** Replaces the file in one step, readable by its owner only. */
export function writeProfiles(path: string, profiles: Profiles): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${randomBytes(6).toString("hex")}`;
  try {
    const file = openSync(draft, "wx", 0o600);
    try {
      writeSync(file, render(profiles));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    throw new CliError(`${path}: cannot be written: ${why}`);
  }
}

function render({ active, profiles }: Profiles): string {
  const parts = active === undefined ? [] : [`active = ${quoted(active)}\n`];
  for (const [name, profile] of profiles) {
    const lines = Object.entries(profile).map(([key, value]) => `${key} = ${quoted(value)}\n`);
    parts.push(`[profiles.${keyText(name)}]\n${lines.join("")}`);
  }
  return parts.join("\n");
}

function keyText(name: string): string {
  return /^[A-Za-z0-9_-]+$/.test(name) ? name : quoted(name);
}

/** A TOML basic string: JSON's escapes are valid in it, once DEL is escaped too. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll("\u007f", "\\u007f");
}
