import { Argument, type Command } from "commander";
import type { StorageProvider } from "#proto/sluice/v1/work_pool_service.ts";
import type { Cli } from "#cli/cli.ts";
import { CliError, usageError } from "#cli/cli-error.ts";
import { storageDocument } from "#cli/documents.ts";
import { collectWords, jsonOrText } from "#cli/key-value.ts";
import {
  jsonText,
  outputOption,
  printDetails,
  printJson,
  printNote,
  printSuccess,
  type OutputOptions,
} from "#cli/print.ts";
import { launchersOf, type LauncherFlags } from "#cli/storage-launchers.ts";

const PROVIDERS = {
  s3: "STORAGE_PROVIDER_S3",
  gcs: "STORAGE_PROVIDER_GCS",
  "azure-blob-storage": "STORAGE_PROVIDER_AZURE_BLOB_STORAGE",
} as const satisfies Record<string, StorageProvider>;

/** The flags of the providers: what each calls its bucket and its credentials. */
interface ConfigureOptions extends OutputOptions, LauncherFlags {
  readonly bucket?: string;
  readonly container?: string;
  readonly awsCredentialsBlockName?: string;
  readonly gcpCredentialsBlockName?: string;
  readonly azureBlobStorageCredentialsBlockName?: string;
}

const OWN = {
  s3: ["bucket", "awsCredentialsBlockName"],
  gcs: ["bucket", "gcpCredentialsBlockName"],
  "azure-blob-storage": ["container", "azureBlobStorageCredentialsBlockName"],
} as const satisfies Record<keyof typeof PROVIDERS, readonly (keyof ConfigureOptions)[]>;

const FLAGS = {
  bucket: "--bucket",
  container: "--container",
  awsCredentialsBlockName: "--aws-credentials-block-name",
  gcpCredentialsBlockName: "--gcp-credentials-block-name",
  azureBlobStorageCredentialsBlockName: "--azure-blob-storage-credentials-block-name",
} as const;

const EXAMPLES = `
Examples:
  $ sluice work-pool storage configure s3 local --bucket flows
  $ sluice work-pool storage configure gcs local --bucket flows --gcp-credentials-block-name me
  $ sluice work-pool storage configure s3 local --bucket flows --launcher python --launcher-arg=-I`;

/** `sluice work-pool storage configure | inspect`. */
export function addWorkPoolStorage(parent: Command, cli: Cli): void {
  const group = parent
    .command("storage")
    .description("where code and results of a work pool's runs are kept");
  group
    .command("configure")
    .description("keep code and results of a work pool's runs in a bucket")
    .addArgument(new Argument("<provider>", "whose bucket it is").choices(Object.keys(PROVIDERS)))
    .argument("<name>", "the work pool")
    .option("--bucket <bucket>", "s3, gcs: name of the bucket")
    .option("--container <container>", "azure-blob-storage: name of the container")
    .option(
      `${FLAGS.awsCredentialsBlockName} <name>`,
      "s3: block with the credentials; left out: those of the surroundings",
    )
    .option(
      `${FLAGS.gcpCredentialsBlockName} <name>`,
      "gcs: block with the credentials; left out: those of the surroundings",
    )
    .option(
      `${FLAGS.azureBlobStorageCredentialsBlockName} <name>`,
      "azure-blob-storage: block with the credentials",
    )
    .option("--launcher <program>", "starts upload and execution, instead of installing a package")
    .option("--launcher-arg <arg>", "an argument of it; repeatable", collectWords)
    .option("--upload-launcher <program>", "another one for the upload")
    .option("--upload-launcher-arg <arg>", "an argument of it; repeatable", collectWords)
    .option("--execution-launcher <program>", "another one for the execution")
    .option("--execution-launcher-arg <arg>", "an argument of it; repeatable", collectWords)
    .addOption(outputOption())
    .addHelpText("after", EXAMPLES)
    .action((provider: keyof typeof PROVIDERS, name: string, options: ConfigureOptions) =>
      configure(cli, provider, name, options),
    );
  group
    .command("inspect")
    .description("show where code and results of a work pool's runs are kept")
    .argument("<name>", "the work pool")
    .addOption(outputOption())
    .action((name: string, options: OutputOptions) => inspect(cli, name, options));
}

async function configure(
  cli: Cli,
  provider: keyof typeof PROVIDERS,
  name: string,
  options: ConfigureOptions,
): Promise<void> {
  const own: readonly string[] = OWN[provider];
  for (const [key, flag] of Object.entries(FLAGS)) {
    if (!own.includes(key) && Object.hasOwn(options, key)) {
      throw usageError(`${flag}: ${provider} has none`);
    }
  }
  const [bucketKey, credentialsKey] = OWN[provider];
  const bucket = options[bucketKey];
  if (!bucket?.trim()) throw usageError(`${FLAGS[bucketKey]}: is missing`);
  const credentials = options[credentialsKey];
  if (provider === "azure-blob-storage" && credentials === undefined) {
    throw usageError(`${FLAGS[credentialsKey]}: is missing; Azure needs a block with credentials`);
  }
  const { workPool } = await cli.connect((plane) =>
    plane.configureStorage({
      name,
      provider: PROVIDERS[provider],
      bucket,
      credentialsBlockName: credentials ?? "",
      ...launchersOf(options),
    }),
  );
  const storage = workPool?.storageConfiguration;
  if (options.output === "json") return printJson(cli.out, storageDocument(storage));
  printSuccess(cli.out, `Code and results of '${name}' are kept in '${bucket}' now.`);
}

async function inspect(cli: Cli, name: string, options: OutputOptions): Promise<void> {
  const { workPool } = await cli.connect((plane) => plane.getWorkPool({ name }));
  if (workPool === undefined) throw new CliError(`the control plane sent no work pool '${name}'`);
  const storage = workPool.storageConfiguration;
  if (options.output === "json") return printJson(cli.out, storageDocument(storage));
  const step = (json: string | undefined): string =>
    json === undefined ? "" : jsonText(jsonOrText(json));
  const details = [
    ["upload step", step(storage?.bundleUploadStepJson)],
    ["execution step", step(storage?.bundleExecutionStepJson)],
    ["block of results", storage?.defaultResultStorageBlockId ?? ""],
  ] as const;
  if (details.every(([, value]) => value === "")) {
    return printNote(cli.out, `No storage is configured for '${name}'.`);
  }
  printDetails(cli.out, details);
}
