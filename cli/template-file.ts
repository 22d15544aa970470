import { readFileSync } from "node:fs";
import type { Cli } from "./cli.ts";
import { usageError } from "./cli-error.ts";
import { parseJsonObject } from "./json-text.ts";

/** The option of commands that take a base job template. */
export const TEMPLATE_FLAG = "--base-job-template <file>";

/** What is said of it. */
export const TEMPLATE_HELP = "JSON file with job_configuration and variables; -: standard input";

/** The template in the file as JSON text. Throws a CliError that names file, line and column. */
export async function readTemplate(cli: Cli, file: string): Promise<string> {
  let text: string;
  try {
    text = file === "-" ? await cli.surroundings.readInput() : readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(`--base-job-template: ${file} cannot be read: ${why}`);
  }
  return JSON.stringify(parseJsonObject(text, file === "-" ? "--base-job-template" : file));
}
