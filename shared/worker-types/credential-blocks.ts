import type { JsonObject } from "#shared/json.ts";
import { FLAG, OBJECT, optional, reference, TEXT, variable } from "./variable-schema.ts";

/** A text that is not shown. */
export const SECRET_TEXT: JsonObject = { type: "string", format: "password", writeOnly: true };

/** What a block's schema says about itself beside its fields. */
export interface Block {
  readonly title: string;
  readonly description: string;
  readonly slug: string;
  readonly fields: Readonly<Record<string, JsonObject>>;
  readonly required?: readonly string[];
  readonly secretFields?: readonly string[];
}

/** The JSON Schema of a kind of block, with what makes it one. */
export function block({
  title,
  description,
  slug,
  fields,
  required,
  secretFields = [],
}: Block): JsonObject {
  return {
    title,
    description,
    type: "object",
    properties: fields,
    ...(required === undefined ? {} : { required }),
    block_type_slug: slug,
    block_schema_references: {},
    secret_fields: secretFields,
  };
}

/** Definitions for `reference("DockerRegistryCredentials")`. */
export const DOCKER_REGISTRY_CREDENTIALS = {
  DockerRegistryCredentials: block({
    title: "DockerRegistryCredentials",
    description: "The account with which images are pulled from a private registry.",
    slug: "docker-registry-credentials",
    fields: {
      username: variable("Username", "Name of the account.", TEXT),
      password: variable("Password", "Password or access token of the account.", SECRET_TEXT),
      registry_url: variable(
        "Registry URL",
        "Address of the registry; its scheme may be left out.",
        TEXT,
      ),
      reauth: variable("Log in again", "Log in anew even if there is a session.", FLAG, true),
    },
    required: ["username", "password", "registry_url"],
    secretFields: ["password"],
  }),
} as const;

/** Definitions for `reference("KubernetesClusterConfig")`. */
export const KUBERNETES_CLUSTER_CONFIG = {
  KubernetesClusterConfig: block({
    title: "KubernetesClusterConfig",
    description: "How a cluster is reached: the content of a kubeconfig and the context to use.",
    slug: "kubernetes-cluster-config",
    fields: {
      config: variable("Config", "The kubeconfig, as an object.", OBJECT),
      context_name: variable("Context name", "The context of the kubeconfig to use.", TEXT),
    },
    required: ["config", "context_name"],
  }),
} as const;

/** Definitions for `reference("AwsCredentials")`. */
export const AWS_CREDENTIALS = {
  AwsCredentials: block({
    title: "AwsCredentials",
    description: "With which identity AWS is called. Without keys: what the surroundings provide.",
    slug: "aws-credentials",
    fields: {
      aws_access_key_id: optional("Access key id", "Public half of an access key.", TEXT),
      aws_secret_access_key: optional(
        "Secret access key",
        "Secret half of the access key.",
        SECRET_TEXT,
      ),
      aws_session_token: optional(
        "Session token",
        "Belongs to temporary keys, and to nothing else.",
        SECRET_TEXT,
      ),
      profile_name: optional("Profile", "A profile of the local AWS configuration.", TEXT),
      region_name: optional("Region", "Where new connections go.", TEXT),
      assume_role_arn: optional("Role to assume", "ARN of a role to change to first.", TEXT),
      assume_role_kwargs: variable(
        "Role options",
        "More that is said when the role is assumed, such as its duration.",
        OBJECT,
      ),
      aws_client_parameters: variable(
        "Client parameters",
        "How clients are made: endpoint, TLS verification and so on.",
        OBJECT,
      ),
    },
    secretFields: ["aws_secret_access_key", "aws_session_token"],
  }),
} as const;

/** Definitions for `reference("GcpCredentials")`. */
export const GCP_CREDENTIALS = {
  GcpCredentials: block({
    title: "GcpCredentials",
    description:
      "With which identity Google Cloud is called. Without any: what the surroundings provide.",
    slug: "gcp-credentials",
    fields: {
      service_account_file: optional(
        "Service account file",
        "Path of a key file of a service account.",
        { type: "string", format: "path" },
      ),
      service_account_info: optional("Service account info", "Content of such a key file.", {
        type: "object",
        format: "password",
        writeOnly: true,
      }),
      project: optional("Project", "The project to work in. Left out: the account's own.", TEXT),
    },
    secretFields: ["service_account_info.*"],
  }),
} as const;

/** Definitions for `reference("AzureContainerInstanceCredentials")`. */
export const AZURE_CREDENTIALS = {
  AzureContainerInstanceCredentials: block({
    title: "AzureContainerInstanceCredentials",
    description: "A service principal of Azure. Without one: what the surroundings provide.",
    slug: "azure-container-instance-credentials",
    fields: {
      client_id: optional("Client id", "Id of the service principal.", TEXT),
      tenant_id: optional("Tenant id", "The directory it belongs to.", TEXT),
      client_secret: optional("Client secret", "Its secret.", SECRET_TEXT),
    },
    secretFields: ["client_secret"],
  }),
} as const;

/** Definitions for `reference("ModalCredentials")`. */
export const MODAL_CREDENTIALS = {
  ModalCredentials: block({
    title: "ModalCredentials",
    description: "An API token of Modal.",
    slug: "modal-credentials",
    fields: {
      token_id: variable("Token id", "Public half of the token.", TEXT),
      token_secret: variable("Token secret", "Secret half of the token.", SECRET_TEXT),
    },
    required: ["token_id", "token_secret"],
    secretFields: ["token_secret"],
  }),
} as const;

/** Definitions for `reference("SecretKeySelector")`: a secret of Google's Secret Manager. */
export const SECRET_KEY_SELECTOR: Readonly<Record<"SecretKeySelector", JsonObject>> = {
  SecretKeySelector: {
    title: "SecretKeySelector",
    description: "One version of a secret in the Secret Manager of the project.",
    type: "object",
    properties: {
      secret: variable("Secret", "Name of the secret.", TEXT),
      version: variable("Version", "Number of the version, or `latest`.", TEXT),
    },
    required: ["secret", "version"],
  },
};

/** A key of an API, by reference to a secret of Google's Secret Manager. */
export function managedSecret(title: string, description: string): JsonObject {
  return optional(title, description, reference("SecretKeySelector"));
}
