import type { Command } from "commander";
import type { ExplainedValue, PreviewJobResponse } from "#proto/sluice/v1/work_pool_insight.ts";
import type { Cli } from "#cli/cli.ts";
import { jobPreviewDocument, originName } from "#cli/documents.ts";
import { collectJson, jsonOrText } from "#cli/key-value.ts";
import {
  outputOption,
  printHeading,
  printJson,
  printTable,
  printWarning,
  type OutputOptions,
} from "#cli/print.ts";
import type { Cell } from "#cli/table.ts";
import type { Sink } from "#cli/terminal.ts";

interface PreviewJobOptions extends OutputOptions {
  readonly deployment?: string;
  readonly jobVariable?: ReadonlyMap<string, unknown>;
}

const EXAMPLES = `
Examples:
  $ sluice work-pool preview-job local
  $ sluice work-pool preview-job local --deployment hello/world --job-variable env.LEVEL=debug`;

/** `sluice work-pool preview-job`. */
export function addWorkPoolPreviewJob(group: Command, cli: Cli): void {
  group
    .command("preview-job")
    .description("show what a run's job would be made of, and who gives each value; nothing runs")
    .argument("<name>")
    .option("--deployment <id|flow/name>", "with the job variables of this deployment")
    .option(
      "--job-variable <key=value>",
      "a job variable of the run, JSON or text; repeatable",
      collectJson,
    )
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action((name: string, options: PreviewJobOptions) => previewJob(cli, name, options));
}

async function previewJob(cli: Cli, name: string, options: PreviewJobOptions): Promise<void> {
  const preview = await cli.connect((plane) =>
    plane.previewJob({
      name,
      deployment: options.deployment ?? "",
      jobVariablesJson: JSON.stringify(Object.fromEntries(options.jobVariable ?? [])),
    }),
  );
  if (options.output === "json") return printJson(cli.out, jobPreviewDocument(preview));
  printPreview(cli.out, preview);
  if (preview.refusal !== "") {
    printWarning(cli.err, `such a run would be refused: ${preview.refusal}`);
  }
}

function printPreview(out: Sink, preview: PreviewJobResponse): void {
  printValues(out, "Job variables", preview.variables);
  if (preview.env.length > 0) printValues(out, "Environment", preview.env);
  if (preview.references.length > 0) {
    printHeading(out, "Still to be read");
    out.write(preview.references.map((name) => `${name}\n`).join(""));
  }
  printHeading(out, "Job configuration");
  out.write(`${JSON.stringify(jsonOrText(preview.jobConfigurationJson), null, 2)}\n`);
}

function printValues(out: Sink, title: string, values: readonly ExplainedValue[]): void {
  printHeading(out, title);
  printTable(
    out,
    [{ title: "NAME" }, { title: "VALUE", flexible: true }, { title: "FROM" }],
    values.map((value) => [value.name, value.valueJson ?? "", originCell(out, value)]),
  );
}

function originCell({ colours }: Sink, value: ExplainedValue): Cell {
  const origin = originName(value.origin);
  if (!value.isDeclared) return { text: `${origin}, not in the template`, paint: colours.yellow };
  return value.origin === "VALUE_ORIGIN_UNSET" ? { text: origin, paint: colours.gray } : origin;
}
