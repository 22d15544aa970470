import type { JsonObject } from "#shared/json.ts";
import { AZURE_CREDENTIALS, DOCKER_REGISTRY_CREDENTIALS } from "./credential-blocks.ts";
import { DEFAULT_IMAGE } from "./default-image.ts";
import {
  FLAG,
  INTEGER,
  NUMBER,
  optional,
  reference,
  TEXT,
  TEXTS,
  variable,
} from "./variable-schema.ts";
import { jobTemplate, letterLogo, type WorkerType } from "./worker-type.ts";

const ARM_TEMPLATE: JsonObject = {
  $schema: "https://schema.management.azure.com/schemas/2019-08-01/deploymentTemplate.json#",
  contentVersion: "1.0.0.0",
  parameters: {
    location: {
      type: "string",
      defaultValue: "[resourceGroup().location]",
      metadata: { description: "Where everything is created." },
    },
    container_group_name: {
      type: "string",
      defaultValue: "[uniqueString(resourceGroup().id)]",
      metadata: { description: "Name of the container group." },
    },
    container_name: {
      type: "string",
      defaultValue: "[uniqueString(resourceGroup().id)]",
      metadata: { description: "Name of its one container." },
    },
  },
  functions: [],
  variables: {},
  resources: [
    {
      type: "Microsoft.ContainerInstance/containerGroups",
      apiVersion: "2022-09-01",
      name: "[parameters('container_group_name')]",
      location: "[parameters('location')]",
      properties: {
        containers: [
          {
            name: "[parameters('container_name')]",
            properties: {
              image: "{{ image }}",
              command: "{{ command }}",
              resources: { requests: { cpu: "{{ cpu }}", memoryInGB: "{{ memory }}" } },
              environmentVariables: [],
            },
          },
        ],
        osType: "Linux",
        restartPolicy: "Never",
      },
    },
  ],
  outputs: {},
};

const MANAGED_IDENTITY: JsonObject = {
  title: "ACRManagedIdentity",
  description: "An identity of Azure that may pull from a registry of Azure, without a password.",
  type: "object",
  properties: {
    registry_url: variable("Registry URL", "Address of the registry.", TEXT),
    identity: variable("Identity", "Resource id of the identity that may pull.", TEXT),
  },
  required: ["registry_url", "identity"],
};

/** Container groups of Azure. */
export const AZURE_CONTAINER_INSTANCE: WorkerType = {
  type: "azure-container-instance",
  displayName: "Azure Container Instances",
  description: "Each flow run is a container group of Azure Container Instances.",
  documentationUrl: "/docs/worker-types#azure-container-instance",
  logoUrl: letterLogo("ACI", "#0e7490"),
  installCommand: "pip install prefect-azure",
  isBeta: false,
  packageName: "prefect-azure",
  defaultBaseJobTemplate: jobTemplate({
    variables: {
      resource_group_name: variable(
        "Resource group",
        "The resource group the container group is created in.",
        TEXT,
      ),
      subscription_id: variable("Subscription id", "The subscription that pays for it.", {
        type: "string",
        format: "password",
        writeOnly: true,
      }),
      image: variable("Image", "The image of the container.", TEXT, DEFAULT_IMAGE),
      identities: optional(
        "Identities",
        "Resource ids of the managed identities that the flow may use.",
        TEXTS,
      ),
      entrypoint: variable(
        "Entrypoint",
        "The program of the image that is given the command.",
        TEXT,
        "/opt/prefect/entrypoint.sh",
      ),
      image_registry: optional(
        "Image registry",
        "How a private registry is read: with an account, or with a managed identity.",
        reference("DockerRegistryCredentials"),
        reference("ACRManagedIdentity"),
      ),
      cpu: variable("CPU", "Cores of the container.", NUMBER, 1),
      memory: variable("Memory", "Memory of the container in gigabytes.", NUMBER, 1),
      gpu_count: optional("GPUs", "How many GPUs the container has. Left out: none.", INTEGER),
      gpu_sku: optional("GPU model", "Model of the GPUs, such as `V100`.", TEXT),
      subnet_ids: optional("Subnets", "Resource ids of the subnets the group joins.", TEXTS),
      dns_servers: optional("DNS servers", "Name servers the group asks, by address.", TEXTS),
      aci_credentials: variable(
        "Azure credentials",
        "The identity that creates groups. Left out: what the surroundings of the worker provide.",
        reference("AzureContainerInstanceCredentials"),
      ),
      stream_output: variable(
        "Stream output",
        "Also write the output of the container to the output of the worker.",
        FLAG,
        false,
      ),
      task_start_timeout_seconds: variable(
        "Start timeout",
        "Seconds the container may take to start.",
        INTEGER,
        240,
      ),
      task_watch_poll_interval: variable(
        "Poll interval",
        "Seconds between two looks at the container.",
        NUMBER,
        5,
      ),
      keep_container_group: variable(
        "Keep the group",
        "Leave the container group in place after it has ended.",
        FLAG,
        false,
      ),
    },
    required: ["resource_group_name", "subscription_id"],
    bodies: { arm_template: ARM_TEMPLATE },
    definitions: {
      ...DOCKER_REGISTRY_CREDENTIALS,
      ...AZURE_CREDENTIALS,
      ACRManagedIdentity: MANAGED_IDENTITY,
    },
  }),
};
