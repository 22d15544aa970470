import type { WorkerType } from "#proto/sluice/v1/work_pool_insight.ts";
import type { Cli } from "./cli.ts";
import { usageError } from "./cli-error.ts";
import type { ControlPlane } from "./control-plane.ts";
import { printTable } from "./print.ts";

/**
 * The type that somebody at the terminal chooses from a table, by its number or its name; the first
 * if just Enter is pressed. Where nobody can be asked, throws a CliError that lists the types.
 */
export async function chooseWorkerType(cli: Cli, plane: ControlPlane): Promise<string> {
  const { workerTypes } = await plane.listWorkerTypes();
  const [first] = workerTypes;
  if (!cli.err.isTerminal || first === undefined) throw missingType(workerTypes);
  printTable(
    cli.err,
    [{ title: "#", align: "right" }, { title: "TYPE" }, { title: "A RUN IS", flexible: true }],
    workerTypes.map(({ type, description }, index) => [
      String(index + 1),
      { text: type, paint: cli.err.colours.green },
      description,
    ]),
  );
  for (;;) {
    const answer = await cli.surroundings.ask(`Type, by number or name [${first.type}]:`);
    if (answer === undefined) throw missingType(workerTypes);
    const chosen = typeOf(answer.trim() || first.type, workerTypes);
    if (chosen !== undefined) return chosen;
    cli.err.write(`'${answer.trim()}' is none of them.\n`);
  }
}

function typeOf(answer: string, types: readonly WorkerType[]): string | undefined {
  const byNumber = /^\d+$/.test(answer) ? types[Number(answer) - 1] : undefined;
  return (byNumber ?? types.find(({ type }) => type === answer))?.type;
}

function missingType(types: readonly WorkerType[]): Error {
  return usageError(
    "--type: is missing, and nobody can be asked here",
    `The types are: ${types.map(({ type }) => type).join(", ")}`,
    "Any other needs a --base-job-template.",
  );
}
