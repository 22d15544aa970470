import type { JsonObject } from "#shared/json.ts";
import { AWS_CREDENTIALS } from "./credential-blocks.ts";
import {
  FLAG,
  INTEGER,
  OBJECT,
  oneOf,
  optional,
  reference,
  TEXT,
  variable,
} from "./variable-schema.ts";
import { jobTemplate, letterLogo, type WorkerType } from "./worker-type.ts";

const TASK_DEFINITION: JsonObject = {
  containerDefinitions: [{ image: "{{ image }}", name: "{{ container_name }}" }],
  cpu: "{{ cpu }}",
  family: "{{ family }}",
  memory: "{{ memory }}",
  executionRoleArn: "{{ execution_role_arn }}",
};

const TASK_RUN_REQUEST: JsonObject = {
  launchType: "{{ launch_type }}",
  cluster: "{{ cluster }}",
  overrides: {
    containerOverrides: [
      {
        name: "{{ container_name }}",
        command: "{{ command }}",
        environment: "{{ env }}",
        cpu: "{{ cpu }}",
        memory: "{{ memory }}",
      },
    ],
    cpu: "{{ cpu }}",
    memory: "{{ memory }}",
    taskRoleArn: "{{ task_role_arn }}",
  },
  tags: "{{ labels }}",
  taskDefinition: "{{ task_definition_arn }}",
  capacityProviderStrategy: "{{ capacity_provider_strategy }}",
};

const CAPACITY_PROVIDER: JsonObject = {
  title: "CapacityProvider",
  description: "One provider of a strategy, with its share of the tasks.",
  type: "object",
  properties: {
    capacityProvider: variable("Capacity provider", "Name of the provider.", TEXT),
    weight: variable("Weight", "Its share of the tasks beyond every base.", INTEGER),
    base: variable("Base", "Tasks that it gets first.", INTEGER),
  },
  required: ["capacityProvider", "weight", "base"],
};

/** Tasks of Amazon's container service. */
export const ECS: WorkerType = {
  type: "ecs",
  displayName: "AWS Elastic Container Service",
  description:
    "Each flow run is a task of an ECS cluster, on Fargate, EC2 or machines of your own.",
  documentationUrl: "/docs/worker-types#ecs",
  logoUrl: letterLogo("ECS", "#c2410c"),
  installCommand: "pip install prefect-aws",
  isBeta: false,
  packageName: "prefect-aws",
  defaultBaseJobTemplate: jobTemplate({
    variables: {
      task_definition_arn: optional(
        "Task definition ARN",
        "A task definition that is there already. Left out: one is registered.",
        TEXT,
      ),
      aws_credentials: variable(
        "AWS credentials",
        "The identity that starts tasks. Left out: what the surroundings of the worker provide.",
        reference("AwsCredentials"),
      ),
      cluster: optional(
        "Cluster",
        "Name or ARN of the cluster. Left out: the account's default.",
        TEXT,
      ),
      family: optional("Family", "Family of a task definition that is registered.", TEXT),
      launch_type: variable(
        "Launch type",
        "What the task runs on. FARGATE_SPOT is cheaper and may be interrupted.",
        oneOf("FARGATE", "EC2", "EXTERNAL", "FARGATE_SPOT"),
        "FARGATE",
      ),
      capacity_provider_strategy: variable(
        "Capacity provider strategy",
        "Providers to spread tasks over; given, it stands in for the launch type.",
        { type: "array", items: reference("CapacityProvider") },
      ),
      image: optional("Image", "The image of the container. Left out: Prefect's own.", TEXT),
      cpu: optional("CPU", "CPU units of the task, 1024 for a core. Left out: 1024.", INTEGER),
      memory: optional("Memory", "Memory of the task in MiB. Left out: 2048.", INTEGER),
      container_name: optional(
        "Container name",
        "The container of the task definition that runs the flow.",
        TEXT,
      ),
      task_role_arn: optional("Task role ARN", "The role whose rights the flow has.", TEXT),
      execution_role_arn: optional(
        "Execution role ARN",
        "The role with which ECS pulls the image and writes logs.",
        TEXT,
      ),
      vpc_id: optional(
        "VPC id",
        "The network the task is put into. Left out: the default VPC of the region.",
        TEXT,
      ),
      configure_cloudwatch_logs: optional(
        "Send output to CloudWatch",
        "Whether the container's output goes to CloudWatch. Needs an execution role.",
        FLAG,
      ),
      cloudwatch_logs_options: variable(
        "CloudWatch options",
        "More options of the log driver, by their names.",
        { type: "object", additionalProperties: TEXT },
      ),
      cloudwatch_logs_prefix: optional(
        "CloudWatch prefix",
        "What names of log streams begin with.",
        TEXT,
      ),
      network_configuration: variable(
        "Network configuration",
        "Subnets, security groups and public address of the task. Needs a VPC id.",
        OBJECT,
      ),
      auto_deregister_task_definition: variable(
        "Deregister the task definition",
        "Deregister a task definition that was registered for the run.",
        FLAG,
        false,
      ),
      match_latest_revision_in_family: variable(
        "Use the latest revision",
        "Use the latest revision of the family if it is the same as what would be registered.",
        FLAG,
        false,
      ),
      prefect_api_key_secret_arn: optional(
        "ARN of the API key",
        "A secret of the Secrets Manager that holds the API key, so that it is no plain variable.",
        TEXT,
      ),
      prefect_api_auth_string_secret_arn: optional(
        "ARN of the authentication string",
        "A secret of the Secrets Manager that holds user and password of the API.",
        TEXT,
      ),
    },
    keys: [
      "aws_credentials",
      "cluster",
      "container_name",
      "vpc_id",
      "configure_cloudwatch_logs",
      "cloudwatch_logs_options",
      "cloudwatch_logs_prefix",
      "network_configuration",
      "auto_deregister_task_definition",
      "match_latest_revision_in_family",
      "prefect_api_key_secret_arn",
      "prefect_api_auth_string_secret_arn",
    ],
    bodies: { task_definition: TASK_DEFINITION, task_run_request: TASK_RUN_REQUEST },
    definitions: { ...AWS_CREDENTIALS, CapacityProvider: CAPACITY_PROVIDER },
  }),
};
