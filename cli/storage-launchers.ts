import { usageError } from "./cli-error.ts";

/** The flags that name launchers. */
export interface LauncherFlags {
  readonly launcher?: string;
  readonly launcherArg?: readonly string[];
  readonly uploadLauncher?: string;
  readonly uploadLauncherArg?: readonly string[];
  readonly executionLauncher?: string;
  readonly executionLauncherArg?: readonly string[];
}

/**
 * Program and arguments for the upload and for the execution of code; none: the usual one. What is
 * said of one of them wins over what is said of both; arguments alone go behind those of both. Throws
 * a CliError for a program without a name, and for arguments without a program.
 */
export function launchersOf(flags: LauncherFlags): {
  readonly uploadLauncher: string[];
  readonly executionLauncher: string[];
} {
  const both = launcher("--launcher", flags.launcher, flags.launcherArg, []);
  return {
    uploadLauncher: launcher(
      "--upload-launcher",
      flags.uploadLauncher,
      flags.uploadLauncherArg,
      both,
    ),
    executionLauncher: launcher(
      "--execution-launcher",
      flags.executionLauncher,
      flags.executionLauncherArg,
      both,
    ),
  };
}

function launcher(
  flag: string,
  program: string | undefined,
  args: readonly string[] | undefined,
  otherwise: readonly string[],
): string[] {
  if (program !== undefined && program.trim() === "") {
    throw usageError(`${flag}: is empty; name a program`);
  }
  const start = program === undefined ? otherwise : [program];
  if (start.length === 0 && args !== undefined) {
    throw usageError(`${flag}-arg: there is no program to give it to; name one with ${flag}`);
  }
  return [...start, ...(args ?? [])];
}
