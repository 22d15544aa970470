import type { JsonObject } from "#shared/json.ts";
import { GCP_CREDENTIALS } from "./credential-blocks.ts";
import {
  FLAG,
  INTEGER,
  NUMBER,
  OBJECT,
  optional,
  reference,
  TEXT,
  TEXTS,
  variable,
} from "./variable-schema.ts";
import { jobTemplate, letterLogo, type WorkerType } from "./worker-type.ts";

const JOB_SPEC: JsonObject = {
  service_account_name: "{{ service_account_name }}",
  network: "{{ network }}",
  reserved_ip_ranges: "{{ reserved_ip_ranges }}",
  maximum_run_time_hours: "{{ maximum_run_time_hours }}",
  scheduling: "{{ scheduling }}",
  enable_web_access: "{{ enable_web_access }}",
  enable_dashboard_access: "{{ enable_dashboard_access }}",
  worker_pool_specs: [
    {
      replica_count: 1,
      container_spec: { image_uri: "{{ image }}", command: "{{ command }}", args: [] },
      machine_spec: {
        machine_type: "{{ machine_type }}",
        accelerator_type: "{{ accelerator_type }}",
        accelerator_count: "{{ accelerator_count }}",
      },
      disk_spec: {
        boot_disk_type: "{{ boot_disk_type }}",
        boot_disk_size_gb: "{{ boot_disk_size_gb }}",
      },
    },
  ],
};

/** Custom jobs of Google's Vertex AI. */
export const VERTEX_AI: WorkerType = {
  type: "vertex-ai",
  displayName: "Google Vertex AI",
  description:
    "Each flow run is a custom job of Vertex AI, on a machine with accelerators if wanted.",
  documentationUrl: "/docs/worker-types#vertex-ai",
  logoUrl: letterLogo("AI", "#4338ca"),
  installCommand: "pip install prefect-gcp",
  isBeta: false,
  packageName: "prefect-gcp",
  defaultBaseJobTemplate: jobTemplate({
    variables: {
      region: variable("Region", "Where the job runs.", TEXT),
      image: variable(
        "Image",
        "The image of the container, in a registry Vertex AI can read.",
        TEXT,
      ),
      credentials: variable(
        "GCP credentials",
        "The identity that creates jobs. Left out: what the surroundings of the worker provide.",
        reference("GcpCredentials"),
      ),
      machine_type: variable("Machine type", "The machine the job gets.", TEXT, "n1-standard-4"),
      accelerator_type: optional(
        "Accelerator type",
        "Kind of accelerator of the machine, such as `NVIDIA_TESLA_T4`.",
        TEXT,
      ),
      accelerator_count: optional(
        "Accelerators",
        "How many accelerators the machine has.",
        INTEGER,
      ),
      boot_disk_type: variable("Boot disk type", "Kind of the machine's disk.", TEXT, "pd-ssd"),
      boot_disk_size_gb: variable(
        "Boot disk size",
        "Size of that disk in gigabytes.",
        INTEGER,
        100,
      ),
      maximum_run_time_hours: variable(
        "Longest run",
        "Hours after which the job is ended.",
        INTEGER,
        1,
      ),
      network: optional(
        "Network",
        "Full name of the network the job is connected to. Left out: none.",
        TEXT,
      ),
      reserved_ip_ranges: optional(
        "Reserved IP ranges",
        "Names of the address ranges of that network which the job may use.",
        TEXTS,
      ),
      service_account_name: optional(
        "Service account",
        "The service account whose rights the flow has. Left out: that of the credentials.",
        TEXT,
      ),
      scheduling: optional(
        "Scheduling",
        "How the job waits and restarts, as Vertex AI's `Scheduling` says it.",
        OBJECT,
      ),
      enable_web_access: variable(
        "Web access",
        "Allow a shell into the running container.",
        FLAG,
        false,
      ),
      enable_dashboard_access: variable(
        "Dashboard access",
        "Allow access to the job's dashboard.",
        FLAG,
        false,
      ),
      job_watch_poll_interval: variable(
        "Poll interval",
        "Seconds between two looks at the job.",
        NUMBER,
        5,
      ),
    },
    required: ["region", "image"],
    keys: ["region", "credentials", "job_watch_poll_interval"],
    bodies: { job_spec: JOB_SPEC },
    definitions: GCP_CREDENTIALS,
  }),
};
