import type { JsonObject } from "#shared/json.ts";
import type { StorageConfiguration } from "./storage-configuration.ts";

/** Where bundles of code and results may be kept. */
export type StorageProvider = "s3" | "gcs" | "azure-blob-storage";

/** What is to be configured. */
export interface StorageChoice {
  readonly provider: StorageProvider;
  /** Of the provider's; Azure calls it a container. */
  readonly bucket: string;
  /** Name of the block whose credentials are used; null: what the surroundings have. */
  readonly credentialsBlockName: string | null;
  /** Program and arguments that start a step, instead of one that installs its package first. */
  readonly uploadLauncher: readonly string[];
  readonly executionLauncher: readonly string[];
}

interface ProviderFacts {
  readonly module: string;
  readonly packageName: string;
  readonly bucketKey: string;
  readonly credentialsKey: string;
  readonly credentialsSlug: string;
  readonly resultSlug: string;
  readonly resultBucketKey: string;
  readonly resultCredentialsKey: string;
}

const PROVIDERS: Readonly<Record<StorageProvider, ProviderFacts>> = {
  s3: {
    module: "prefect_aws",
    packageName: "prefect-aws",
    bucketKey: "bucket",
    credentialsKey: "aws_credentials_block_name",
    credentialsSlug: "aws-credentials",
    resultSlug: "s3-bucket",
    resultBucketKey: "bucket_name",
    resultCredentialsKey: "credentials",
  },
  gcs: {
    module: "prefect_gcp",
    packageName: "prefect-gcp",
    bucketKey: "bucket",
    credentialsKey: "gcp_credentials_block_name",
    credentialsSlug: "gcp-credentials",
    resultSlug: "gcs-bucket",
    resultBucketKey: "bucket",
    resultCredentialsKey: "gcp_credentials",
  },
  "azure-blob-storage": {
    module: "prefect_azure",
    packageName: "prefect-azure",
    bucketKey: "container",
    credentialsKey: "azure_blob_storage_credentials_block_name",
    credentialsSlug: "azure-blob-storage-credentials",
    resultSlug: "azure-blob-storage-container",
    resultBucketKey: "container_name",
    resultCredentialsKey: "credentials",
  },
};

/** The kinds of block that a provider's storage is made of, by slug. */
export function storageSlugs(provider: StorageProvider): {
  readonly credentials: string;
  readonly result: string;
} {
  const { credentialsSlug, resultSlug } = PROVIDERS[provider];
  return { credentials: credentialsSlug, result: resultSlug };
}

/** Name of the block that a pool's results are written by. */
export function resultBlockName(workPoolName: string): string {
  const name = workPoolName
    .toLowerCase()
    .replaceAll(/[^a-z0-9-]+/g, "-")
    .slice(0, 200);
  return `default-${name}-result-storage`;
}

/** Data of the block that results are written by. */
export function resultBlockData(
  { provider, bucket }: StorageChoice,
  credentials: JsonObject | null,
): JsonObject {
  const { resultBucketKey, resultCredentialsKey } = PROVIDERS[provider];
  return {
    [resultBucketKey]: bucket,
    ...(credentials === null ? {} : { [resultCredentialsKey]: credentials }),
  };
}

/** The configuration of a pool: the steps as Prefect's clients carry them out. */
export function storageOf(choice: StorageChoice, resultBlockId: string): StorageConfiguration {
  const facts = PROVIDERS[choice.provider];
  const { credentialsBlockName } = choice;
  const step = (verb: "upload" | "execute", launcher: readonly string[]): JsonObject => ({
    [`${facts.module}.experimental.bundles.${verb}`]: {
      [facts.bucketKey]: choice.bucket,
      ...(credentialsBlockName === null ? {} : { [facts.credentialsKey]: credentialsBlockName }),
      ...(launcher.length === 0 ? { requires: facts.packageName } : { launcher }),
    },
  });
  return {
    bundleUploadStep: step("upload", choice.uploadLauncher),
    bundleExecutionStep: step("execute", choice.executionLauncher),
    defaultResultStorageBlockId: resultBlockId,
  };
}
