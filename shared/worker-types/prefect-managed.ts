import type { JsonObject } from "#shared/json.ts";
import { PUSH_DOCUMENTATION } from "./push-type.ts";
import { optional, reference, TEXT, TEXTS, variable } from "./variable-schema.ts";
import { jobTemplate, letterLogo, type WorkerType } from "./worker-type.ts";

const FEDERATED_IDENTITY: JsonObject = {
  title: "FederatedIdentity",
  description: "A role of AWS that the run may take on without stored keys.",
  type: "object",
  properties: {
    kind: variable(
      "Kind",
      "The provider of the identity.",
      { type: "string", enum: ["aws"] },
      "aws",
    ),
    aws_role_arn: variable("Role ARN", "The role to take on.", TEXT),
    aws_region_name: variable("Region", "The region of the AWS calls.", TEXT),
  },
  required: ["kind", "aws_role_arn", "aws_region_name"],
};

/** Machines that Prefect Cloud provides. */
export const PREFECT_MANAGED: WorkerType = {
  type: "prefect:managed",
  displayName: "Prefect Managed",
  description:
    "Each flow run is a container on machines of Prefect Cloud: 4 cores, 16 GB of memory, at most a day.",
  documentationUrl: PUSH_DOCUMENTATION,
  logoUrl: letterLogo("PM", "#6d28d9"),
  installCommand: "",
  isBeta: false,
  packageName: "prefect",
  defaultBaseJobTemplate: jobTemplate({
    variables: {
      pip_packages: variable(
        "Python packages",
        "Installed before the run, each with a version if wanted, such as `pandas==2.2`.",
        TEXTS,
      ),
      image: optional("Image", "One of Prefect's own images. Left out: the current one.", TEXT),
      federated_identity: optional(
        "Federated identity",
        "An identity at a cloud provider that the run may take on.",
        reference("FederatedIdentity"),
      ),
    },
    definitions: { FederatedIdentity: FEDERATED_IDENTITY },
  }),
};
