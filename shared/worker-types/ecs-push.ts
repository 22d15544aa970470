import { ECS } from "./ecs.ts";
import { pushType } from "./push-type.ts";

/** Tasks of Amazon's container service that are submitted without a worker. */
export const ECS_PUSH = pushType(ECS, {
  displayName: "AWS Elastic Container Service - Push",
  description: "Each flow run is a task of an ECS cluster, submitted without a worker.",
  required: { aws_credentials: "The identity that starts tasks." },
});
