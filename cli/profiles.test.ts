import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { environmentWithProfile, profilesPath, readProfiles, writeProfiles } from "./profiles.ts";

const folder = mkdtempSync(join(tmpdir(), "sluice-profiles-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function home(toml?: string): { SLUICE_HOME: string } {
  const SLUICE_HOME = join(folder, String(count++));
  mkdirSync(SLUICE_HOME);
  if (toml !== undefined) writeFileSync(join(SLUICE_HOME, "profiles.toml"), toml);
  return { SLUICE_HOME };
}

const TWO = `
active = "here"
[profiles.here]
SLUICE_GRPC_URL = "http://here:1"
SLUICE_API_KEY = "k"
[profiles.there]
SLUICE_GRPC_URL = "https://there:2"
`;

describe("choosing a profile", () => {
  test("without a file the environment stays as it is", () => {
    const environment = home();
    expect(environmentWithProfile(environment, undefined)).toEqual(environment);
  });

  test("the active one lies under the environment", () => {
    const merged = environmentWithProfile({ ...home(TWO), SLUICE_API_KEY: "mine" }, undefined);
    expect(merged).toMatchObject({ SLUICE_GRPC_URL: "http://here:1", SLUICE_API_KEY: "mine" });
  });

  test("an empty variable does not hide the profile's", () => {
    const merged = environmentWithProfile({ ...home(TWO), SLUICE_API_KEY: "" }, undefined);
    expect(merged["SLUICE_API_KEY"]).toBe("k");
  });

  test("SLUICE_PROFILE beats the active one, and the flag beats both", () => {
    const environment = { ...home(TWO), SLUICE_PROFILE: "there" };
    expect(environmentWithProfile(environment, undefined)["SLUICE_GRPC_URL"]).toBe(
      "https://there:2",
    );
    expect(environmentWithProfile(environment, "here")["SLUICE_GRPC_URL"]).toBe("http://here:1");
  });

  test("an unknown one is refused with those there are", () => {
    const error = refusal(() => environmentWithProfile(home(TWO), "ther"));
    expect(error.message).toBe("there is no profile 'ther'");
    expect(error.hints.join("\n")).toContain("Did you mean 'there'?");
    expect(error.hints.join("\n")).toContain("here, there");
  });
});

describe("a bad profiles file", () => {
  test.each([
    ["active = ", "cannot be read"],
    ["active = 5", "'active' is not expected there"],
    ["[profile.x]", "'profile' is not expected there"],
    ["[profiles]\nx = 1", "profiles.x must be a table"],
    ["[profiles.x]\nSLUICE_API_KEY = 5", "profiles.x.SLUICE_API_KEY must be text"],
    ["[profiles.x]\nPATH = 'x'", "names begin with SLUICE_"],
    ["[profiles.x]\nSLUICE_HOME = 'x'", "cannot stand in one"],
  ])("%j is refused with the file's name", (toml, expected) => {
    const environment = home(toml);
    const error = refusal(() => readProfiles(profilesPath(environment)));
    expect(error.message).toStartWith(profilesPath(environment));
    expect(error.message).toContain(expected);
  });
});

describe("writing profiles", () => {
  test("what was written is read again, whatever the values hold", () => {
    const path = join(home().SLUICE_HOME, "profiles.toml");
    const word = fc.string({ unit: "binary", minLength: 1 }).filter((text) => text.isWellFormed());
    const variables = fc.record({ SLUICE_GRPC_URL: word, SLUICE_API_KEY: word });
    fc.assert(
      fc.property(
        fc.dictionary(
          word.filter((name) => name !== "__proto__"),
          variables,
        ),
        (given) => {
          const profiles = new Map(Object.entries(given));
          const active = [...profiles.keys()][0];
          writeProfiles(path, { active, profiles });
          expect(readProfiles(path)).toEqual({ active, profiles });
        },
      ),
      { numRuns: 50 },
    );
  });

  test("only the owner may read the file, and no draft of it stays", () => {
    const path = join(home().SLUICE_HOME, "new", "profiles.toml");
    writeProfiles(path, { active: undefined, profiles: new Map([["a", { SLUICE_API_KEY: "k" }]]) });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, ".."))).toEqual(["profiles.toml"]);
  });

  test("a place that cannot be written is told", () => {
    const path = join(home("").SLUICE_HOME, "profiles.toml", "below", "profiles.toml");
    expect(() => writeProfiles(path, { active: undefined, profiles: new Map() })).toThrow();
  });
});

function refusal(act: () => unknown): { message: string; hints: readonly string[] } {
  try {
    act();
  } catch (error) {
    if (error instanceof Error && "hints" in error && Array.isArray(error.hints)) {
      return { message: error.message, hints: error.hints.map(String) };
    }
    throw error;
  }
  throw new Error("it was accepted");
}
