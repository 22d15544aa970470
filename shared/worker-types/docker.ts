import { DOCKER_REGISTRY_CREDENTIALS } from "./credential-blocks.ts";
import { DEFAULT_IMAGE } from "./default-image.ts";
import {
  FLAG,
  OBJECT,
  oneOf,
  optional,
  reference,
  TEXT,
  TEXTS,
  variable,
} from "./variable-schema.ts";
import { jobTemplate, letterLogo, type WorkerType } from "./worker-type.ts";

/** Containers of a Docker engine. */
export const DOCKER: WorkerType = {
  type: "docker",
  displayName: "Docker",
  description: "Each flow run is a container of a Docker engine that the worker can reach.",
  documentationUrl: "/docs/worker-types#docker",
  logoUrl: letterLogo("D", "#0369a1"),
  installCommand: "pip install prefect-docker",
  isBeta: false,
  packageName: "prefect-docker",
  defaultBaseJobTemplate: jobTemplate({
    variables: {
      image: variable("Image", "The image the container is made of.", TEXT, DEFAULT_IMAGE),
      registry_credentials: optional(
        "Registry credentials",
        "Used for the pull if the image lies in a private registry.",
        reference("DockerRegistryCredentials"),
      ),
      image_pull_policy: optional(
        "Image pull policy",
        "When the image is pulled. Left out: always for the tag `latest` or no tag, else only if it is not there. IfPossible goes on with what is there when a pull fails.",
        oneOf("IfNotPresent", "Always", "IfPossible", "Never"),
      ),
      networks: variable("Networks", "Names of the networks the container joins.", TEXTS),
      network_mode: optional(
        "Network mode",
        "Mode of the network, such as `host` or `bridge`. Not together with networks.",
        TEXT,
      ),
      auto_remove: variable(
        "Remove when done",
        "Remove the container after it has ended.",
        FLAG,
        false,
      ),
      volumes: variable(
        "Volumes",
        "Mounts, each as `host-path:container-path`, with `:ro` or another mode after it if wanted.",
        TEXTS,
      ),
      stream_output: variable(
        "Stream output",
        "Also write the output of the container to the output of the worker.",
        FLAG,
        true,
      ),
      mem_limit: optional(
        "Memory limit",
        "Most memory, with a unit, such as `512m` or `2g`.",
        TEXT,
      ),
      memswap_limit: optional(
        "Memory and swap limit",
        "Most memory and swap together; `-1` leaves swap unlimited. Needs a memory limit.",
        TEXT,
      ),
      privileged: variable(
        "Privileged",
        "Give the container every right on its host.",
        FLAG,
        false,
      ),
      container_create_kwargs: optional(
        "More for the creation",
        "Options that are handed to the creation of the container as they are; those set by another variable are ignored.",
        OBJECT,
      ),
    },
    definitions: DOCKER_REGISTRY_CREDENTIALS,
  }),
};
