import type { JsonObject } from "#shared/json.ts";
import { GCP_CREDENTIALS, managedSecret, SECRET_KEY_SELECTOR } from "./credential-blocks.ts";
import { FLAG, optional, reference, TEXT, variable } from "./variable-schema.ts";
import { jobTemplate, letterLogo, type WorkerType } from "./worker-type.ts";

const JOB_BODY: JsonObject = {
  apiVersion: "run.googleapis.com/v1",
  kind: "Job",
  metadata: {
    name: "{{ name }}",
    annotations: { "run.googleapis.com/launch-stage": "BETA" },
  },
  spec: {
    template: {
      metadata: {
        annotations: { "run.googleapis.com/vpc-access-connector": "{{ vpc_connector_name }}" },
      },
      spec: {
        template: {
          spec: {
            containers: [
              {
                image: "{{ image }}",
                command: "{{ command }}",
                resources: { limits: { cpu: "{{ cpu }}", memory: "{{ memory }}" } },
              },
            ],
            timeoutSeconds: "{{ timeout }}",
            serviceAccountName: "{{ service_account_name }}",
          },
        },
      },
    },
  },
};

/** Jobs of Google Cloud Run, by the first version of its interface. */
export const CLOUD_RUN: WorkerType = {
  type: "cloud-run",
  displayName: "Google Cloud Run",
  description: "Each flow run is a job of Google Cloud Run, by version 1 of its interface.",
  documentationUrl: "/docs/worker-types#cloud-run",
  logoUrl: letterLogo("CR", "#15803d"),
  installCommand: "pip install prefect-gcp",
  isBeta: false,
  packageName: "prefect-gcp",
  defaultBaseJobTemplate: jobTemplate({
    variables: {
      region: variable("Region", "Where the job runs.", TEXT, "us-central1"),
      credentials: variable(
        "GCP credentials",
        "The identity that creates jobs. Left out: what the surroundings of the worker provide.",
        reference("GcpCredentials"),
      ),
      prefect_api_key_secret: managedSecret(
        "Secret of the API key",
        "The secret that holds the API key, so that it is no plain variable.",
      ),
      prefect_api_auth_string_secret: managedSecret(
        "Secret of the authentication string",
        "The secret that holds user and password of the API.",
      ),
      image: optional("Image", "The image of the container. Left out: Prefect's own.", TEXT),
      cpu: optional("CPU", "Most CPU, in whole cores as thousandths: `1000m`, `2000m`.", {
        type: "string",
        pattern: "^(\\d*000)m$",
      }),
      memory: optional("Memory", "Most memory, with its unit, such as `512Mi` or `2G`.", {
        type: "string",
        pattern: "^\\d+(?:G|Gi|M|Mi)$",
      }),
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
      keep_job: variable("Keep the job", "Leave the job in place after it has ended.", FLAG, false),
      timeout: variable(
        "Timeout",
        "Seconds the job may take, at most an hour.",
        { type: "integer", exclusiveMinimum: 0, maximum: 3600 },
        600,
      ),
    },
    keys: [
      "region",
      "credentials",
      "prefect_api_key_secret",
      "prefect_api_auth_string_secret",
      "timeout",
      "keep_job",
    ],
    bodies: { job_body: JOB_BODY },
    definitions: { ...GCP_CREDENTIALS, ...SECRET_KEY_SELECTOR },
  }),
};
