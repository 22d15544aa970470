import { AZURE_CONTAINER_INSTANCE } from "./azure-container-instance.ts";
import { pushType } from "./push-type.ts";

/** Container groups of Azure that are submitted without a worker. */
export const AZURE_CONTAINER_INSTANCE_PUSH = pushType(AZURE_CONTAINER_INSTANCE, {
  displayName: "Azure Container Instances - Push",
  description: "Each flow run is a container group of Azure, submitted without a worker.",
  required: { aci_credentials: "The identity that creates groups." },
});
