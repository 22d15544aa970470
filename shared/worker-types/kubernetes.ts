import type { JsonObject } from "#shared/json.ts";
import { KUBERNETES_CLUSTER_CONFIG } from "./credential-blocks.ts";
import { FLAG, INTEGER, oneOf, optional, reference, TEXT, variable } from "./variable-schema.ts";
import { jobTemplate, letterLogo, type WorkerType } from "./worker-type.ts";

const JOB_MANIFEST: JsonObject = {
  apiVersion: "batch/v1",
  kind: "Job",
  metadata: {
    annotations: "{{ annotations }}",
    labels: "{{ labels }}",
    namespace: "{{ namespace }}",
    generateName: "{{ name }}-",
  },
  spec: {
    backoffLimit: "{{ backoff_limit }}",
    ttlSecondsAfterFinished: "{{ finished_job_ttl }}",
    template: {
      metadata: { annotations: "{{ annotations }}" },
      spec: {
        parallelism: 1,
        completions: 1,
        restartPolicy: "Never",
        serviceAccountName: "{{ service_account_name }}",
        containers: [
          {
            name: "prefect-job",
            env: "{{ env }}",
            image: "{{ image }}",
            imagePullPolicy: "{{ image_pull_policy }}",
            args: "{{ command }}",
            resources: {
              limits: { cpu: "{{ cpu_limit }}", memory: "{{ memory_limit }}" },
              requests: { cpu: "{{ cpu_request }}", memory: "{{ memory_request }}" },
            },
          },
        ],
      },
    },
  },
};

/** Jobs of a Kubernetes cluster. */
export const KUBERNETES: WorkerType = {
  type: "kubernetes",
  displayName: "Kubernetes",
  description:
    "Each flow run is a Job of a Kubernetes cluster, from a manifest that can be changed.",
  documentationUrl: "/docs/worker-types#kubernetes",
  logoUrl: letterLogo("K8s", "#1d4ed8"),
  installCommand: "pip install prefect-kubernetes",
  isBeta: false,
  packageName: "prefect-kubernetes",
  defaultBaseJobTemplate: jobTemplate({
    variables: {
      annotations: variable("Annotations", "Put on the Job and on its pod.", {
        type: "object",
        additionalProperties: TEXT,
      }),
      namespace: variable("Namespace", "Where the Job is created.", TEXT, "default"),
      image: optional("Image", "The image of the container. Left out: Prefect's own.", TEXT),
      service_account_name: optional(
        "Service account",
        "The service account of the pod. Left out: the default one of the namespace.",
        TEXT,
      ),
      image_pull_policy: variable(
        "Image pull policy",
        "When the node pulls the image.",
        oneOf("IfNotPresent", "Always", "Never"),
        "IfNotPresent",
      ),
      backoff_limit: variable(
        "Backoff limit",
        "How often the cluster replaces a pod that failed, such as one that was evicted.",
        { type: "integer", minimum: 0 },
        0,
      ),
      finished_job_ttl: optional(
        "Time a finished Job is kept",
        "Seconds after which a Job that has ended is deleted. Left out: it is kept.",
        INTEGER,
      ),
      job_watch_timeout_seconds: optional(
        "Job timeout",
        "Seconds the Job may take before it counts as failed. Left out: any time.",
        INTEGER,
      ),
      pod_watch_timeout_seconds: variable(
        "Pod timeout",
        "Seconds the pod may take to appear.",
        INTEGER,
        60,
      ),
      stream_output: variable(
        "Stream output",
        "Also write the output of the pod to the output of the worker.",
        FLAG,
        true,
      ),
      cluster_config: optional(
        "Cluster",
        "The cluster to create the Job in. Left out: the one the worker runs in, else its kubeconfig.",
        reference("KubernetesClusterConfig"),
      ),
      cpu_request: optional("CPU request", "CPU the scheduler sets aside, such as `250m`.", TEXT),
      cpu_limit: optional("CPU limit", "Most CPU the container may use, such as `1`.", TEXT),
      memory_request: optional(
        "Memory request",
        "Memory the scheduler sets aside, such as `256Mi`.",
        TEXT,
      ),
      memory_limit: optional(
        "Memory limit",
        "Memory above which the container is killed, such as `1Gi`.",
        TEXT,
      ),
    },
    keys: [
      "annotations",
      "namespace",
      "cluster_config",
      "job_watch_timeout_seconds",
      "pod_watch_timeout_seconds",
      "stream_output",
    ],
    bodies: { job_manifest: JOB_MANIFEST },
    definitions: KUBERNETES_CLUSTER_CONFIG,
  }),
};
