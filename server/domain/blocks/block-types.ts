import type { JsonObject } from "#shared/json.ts";
import {
  AWS_CREDENTIALS,
  AZURE_CREDENTIALS,
  block,
  DOCKER_REGISTRY_CREDENTIALS,
  GCP_CREDENTIALS,
  KUBERNETES_CLUSTER_CONFIG,
  MODAL_CREDENTIALS,
  SECRET_TEXT,
} from "#shared/worker-types/credential-blocks.ts";
import { optional, reference, TEXT, variable } from "#shared/worker-types/variable-schema.ts";

/** A kind of block that comes with the control plane. */
export interface BuiltInBlockType {
  readonly slug: string;
  readonly name: string;
  readonly description: string;
  readonly capabilities: readonly string[];
  readonly schema: JsonObject;
  /** Fields that are blocks of another of these types, by its slug. */
  readonly references: Readonly<Record<string, string>>;
}

const FILES = ["get-directory", "put-directory", "read-path", "write-path"];

const AZURE_STORAGE_CREDENTIALS = {
  AzureBlobStorageCredentials: block({
    title: "AzureBlobStorageCredentials",
    description: "With which identity a storage account of Azure is used.",
    slug: "azure-blob-storage-credentials",
    fields: {
      connection_string: optional("Connection string", "Key and address in one.", SECRET_TEXT),
      account_url: optional("Account URL", "Address of the account, if there is no key.", TEXT),
    },
    secretFields: ["connection_string"],
  }),
};

/** What templates, pull steps and pools may refer to without a client having registered it first. */
export const BLOCK_TYPES: readonly BuiltInBlockType[] = [
  single("Secret", "secret", "A value that is not shown.", {
    anyOf: [SECRET_TEXT, {}],
    format: "password",
    writeOnly: true,
  }),
  single("JSON", "json", "Any JSON value.", {}),
  single("String", "string", "A text.", TEXT),
  single("Date Time", "date-time", "A point in time.", { type: "string", format: "date-time" }),
  credentials("AWS Credentials", AWS_CREDENTIALS.AwsCredentials),
  credentials("GCP Credentials", GCP_CREDENTIALS.GcpCredentials),
  credentials(
    "Azure Container Instance Credentials",
    AZURE_CREDENTIALS.AzureContainerInstanceCredentials,
  ),
  credentials(
    "Azure Blob Storage Credentials",
    AZURE_STORAGE_CREDENTIALS.AzureBlobStorageCredentials,
  ),
  credentials("Modal Credentials", MODAL_CREDENTIALS.ModalCredentials),
  credentials("Docker Registry Credentials", DOCKER_REGISTRY_CREDENTIALS.DockerRegistryCredentials),
  credentials("Kubernetes Cluster Config", KUBERNETES_CLUSTER_CONFIG.KubernetesClusterConfig),
  storage("S3 Bucket", "S3Bucket", AWS_CREDENTIALS, {
    bucket: "bucket_name",
    credentials: "credentials",
    folder: "bucket_folder",
  }),
  storage("GCS Bucket", "GcsBucket", GCP_CREDENTIALS, {
    bucket: "bucket",
    credentials: "gcp_credentials",
    folder: "bucket_folder",
  }),
  storage("Azure Blob Storage Container", "AzureBlobStorageContainer", AZURE_STORAGE_CREDENTIALS, {
    bucket: "container_name",
    credentials: "credentials",
    folder: "base_folder",
  }),
];

/** A block that is one value. */
function single(
  name: string,
  slug: string,
  description: string,
  value: JsonObject,
): BuiltInBlockType {
  const schema = block({
    title: name,
    description,
    slug,
    fields: { value: variable("Value", description, value) },
    required: ["value"],
    secretFields: value["writeOnly"] === true ? ["value"] : [],
  });
  return { slug, name, description, capabilities: [], schema, references: {} };
}

function credentials(name: string, schema: JsonObject): BuiltInBlockType {
  const { slug, description } = wordsOf(schema);
  return { slug, name, description, capabilities: [], schema, references: {} };
}

/** A place for files, with the credentials that open it. */
function storage(
  name: string,
  title: string,
  definitions: Readonly<Record<string, JsonObject>>,
  keys: { readonly bucket: string; readonly credentials: string; readonly folder: string },
): BuiltInBlockType {
  const [[definition, opening] = ["", {}]] = Object.entries(definitions);
  const slug = name.toLowerCase().replaceAll(" ", "-");
  const description = `A place for files: ${name}.`;
  const secrets = opening["secret_fields"];
  const schema = block({
    title,
    description,
    slug,
    fields: {
      [keys.bucket]: variable("Bucket", "Where the files are.", TEXT),
      [keys.credentials]: variable("Credentials", "What opens it.", reference(definition)),
      [keys.folder]: variable("Folder", "Files are kept below it.", TEXT, ""),
    },
    required: [keys.bucket],
    secretFields: (Array.isArray(secrets) ? secrets : []).map(
      (field) => `${keys.credentials}.${String(field)}`,
    ),
  });
  return {
    slug,
    name,
    description,
    capabilities: FILES,
    schema: { ...schema, definitions },
    references: { [keys.credentials]: wordsOf(opening).slug },
  };
}

function wordsOf(schema: JsonObject): { slug: string; description: string } {
  const { block_type_slug: slug, description } = schema;
  if (typeof slug === "string" && typeof description === "string") return { slug, description };
  throw new Error("a built-in block has no slug or no description");
}
