import type { JsonObject } from "#shared/json.ts";
import { GCP_CREDENTIALS, managedSecret, SECRET_KEY_SELECTOR } from "./credential-blocks.ts";
import { DEFAULT_IMAGE } from "./default-image.ts";
import { FLAG, oneOf, optional, reference, TEXT, TEXTS, variable } from "./variable-schema.ts";
import { jobTemplate, letterLogo, type WorkerType } from "./worker-type.ts";

const JOB_BODY: JsonObject = {
  client: "prefect",
  launchStage: "{{ launch_stage }}",
  template: {
    template: {
      serviceAccount: "{{ service_account_name }}",
      maxRetries: "{{ max_retries }}",
      timeout: "{{ timeout }}s",
      vpcAccess: { connector: "{{ vpc_connector_name }}" },
      containers: [
        {
          env: [],
          image: "{{ image }}",
          command: "{{ command }}",
          args: "{{ args }}",
          resources: { limits: { cpu: "{{ cpu }}", memory: "{{ memory }}" } },
        },
      ],
    },
  },
};

/** Jobs of Google Cloud Run, by the second version of its interface. */
export const CLOUD_RUN_V2: WorkerType = {
  type: "cloud-run-v2",
  displayName: "Google Cloud Run V2",
  description:
    "Each flow run is a job of Google Cloud Run, by version 2 of its interface: longer runs, secrets as variables, Cloud SQL.",
  documentationUrl: "/docs/worker-types#cloud-run-v2",
  logoUrl: letterLogo("CR2", "#15803d"),
  installCommand: "pip install prefect-gcp",
  isBeta: false,
  packageName: "prefect-gcp",
  defaultBaseJobTemplate: jobTemplate({
    variables: {
      credentials: variable(
        "GCP credentials",
        "The identity that creates jobs. Left out: what the surroundings of the worker provide.",
        reference("GcpCredentials"),
      ),
      region: variable("Region", "Where the job runs.", TEXT, "us-central1"),
      image: variable("Image", "The image of the container.", TEXT, DEFAULT_IMAGE),
      args: variable("Arguments", "Arguments of the container's command.", TEXTS),
      env_from_secrets: variable(
        "Environment from secrets",
        "Environment variables whose values lie in the Secret Manager, by their names.",
        { type: "object", additionalProperties: reference("SecretKeySelector") },
      ),
      prefect_api_key_secret: managedSecret(
        "Secret of the API key",
        "The secret that holds the API key, so that it is no plain variable.",
      ),
      prefect_api_auth_string_secret: managedSecret(
        "Secret of the authentication string",
        "The secret that holds user and password of the API.",
      ),
      cloudsql_instances: variable(
        "Cloud SQL instances",
        "Connection names of the instances that are mounted into the container.",
        TEXTS,
      ),
      keep_job: variable("Keep the job", "Leave the job in place after it has ended.", FLAG, false),
      launch_stage: variable(
        "Launch stage",
        "How mature the features of Cloud Run must be that the job may use.",
        oneOf(
          "ALPHA",
          "BETA",
          "GA",
          "DEPRECATED",
          "EARLY_ACCESS",
          "PRELAUNCH",
          "UNIMPLEMENTED",
          "LAUNCH_TAG_UNSPECIFIED",
        ),
        "BETA",
      ),
      max_retries: variable(
        "Most retries",
        "How often Cloud Run starts a container that failed again.",
        { type: "integer", minimum: 0 },
        0,
      ),
      cpu: variable("CPU", "Most CPU of the container, in thousandths of a core.", TEXT, "1000m"),
      memory: variable("Memory", "Most memory of the container, with its unit.", TEXT, "512Mi"),
      timeout: variable(
        "Timeout",
        "Seconds the job may take, at most a week.",
        { type: "integer", exclusiveMinimum: 0, maximum: 604_800 },
        600,
      ),
      vpc_connector_name: optional(
        "VPC connector",
        "Name of the connector through which the job reaches a VPC.",
        TEXT,
      ),
      service_account_name: optional(
        "Service account",
        "The service account whose rights the flow has. Left out: the project's default.",
        TEXT,
      ),
    },
    keys: [
      "credentials",
      "region",
      "env_from_secrets",
      "prefect_api_key_secret",
      "prefect_api_auth_string_secret",
      "cloudsql_instances",
      "keep_job",
      "timeout",
    ],
    bodies: { job_body: JOB_BODY },
    definitions: { ...GCP_CREDENTIALS, ...SECRET_KEY_SELECTOR },
  }),
};
