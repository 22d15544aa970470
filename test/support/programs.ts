import { fileURLToPath } from "node:url";

/** Which binaries a test drives: those users get, or those in which failpoints work. */
export type Build = "release" | "test";

/** The two programs. */
export type ProgramName = "sluice" | "agent";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCES: Record<ProgramName, string> = {
  sluice: `${ROOT}cli/main.ts`,
  agent: `${ROOT}agent/main.ts`,
};

/** The repository's folder, with a slash at its end. */
export const REPOSITORY = ROOT;

/**
 * The command line that starts a program: the compiled binary, or with SLUICE_TEST_FROM_SOURCE set
 * the sources, where failpoints work as in a test build.
 */
export function programCommand(program: ProgramName, build: Build): readonly string[] {
  if (process.env["SLUICE_TEST_FROM_SOURCE"]) return [process.execPath, SOURCES[program]];
  return [`${ROOT}dist/${build === "test" ? "test/" : ""}${program}`];
}
