import { MODAL_CREDENTIALS } from "./credential-blocks.ts";
import { DEFAULT_IMAGE } from "./default-image.ts";
import { PUSH_DOCUMENTATION } from "./push-type.ts";
import { INTEGER, optional, reference, TEXT, variable } from "./variable-schema.ts";
import { jobTemplate, letterLogo, type WorkerType } from "./worker-type.ts";

/** Sandboxes of Modal that are submitted without a worker. */
export const MODAL_PUSH: WorkerType = {
  type: "modal:push",
  displayName: "Modal - Push",
  description:
    "Each flow run is a container of Modal, with GPUs if wanted, submitted without a worker.",
  documentationUrl: PUSH_DOCUMENTATION,
  logoUrl: letterLogo("M", "#4d7c0f"),
  installCommand: "",
  isBeta: false,
  packageName: "prefect",
  defaultBaseJobTemplate: jobTemplate({
    variables: {
      modal_credentials: variable(
        "Modal credentials",
        "The API token with which containers are started.",
        reference("ModalCredentials"),
      ),
      image: variable("Image", "The image of the container.", TEXT, DEFAULT_IMAGE),
      cpu: optional("CPU", "Cores set aside for the container; fractions are allowed.", {
        type: "number",
        exclusiveMinimum: 0,
      }),
      memory: optional("Memory", "Memory set aside for the container, in MiB.", INTEGER),
      gpu: optional("GPU", "GPUs of the container, such as `T4`, or `A100:2` for two.", TEXT),
      timeout: optional("Timeout", "Seconds the container may take, at most a day.", {
        type: "integer",
        exclusiveMinimum: 0,
        maximum: 86_400,
      }),
      region: optional("Region", "Where the container runs. Left out: anywhere.", TEXT),
      cloud: optional("Cloud", "The provider whose machines are used. Left out: any.", TEXT),
      environment_name: optional(
        "Environment",
        "The environment of the Modal workspace. Left out: its default.",
        TEXT,
      ),
    },
    required: ["modal_credentials"],
    definitions: MODAL_CREDENTIALS,
  }),
};
