import { FLAG, optional, variable } from "./variable-schema.ts";
import { jobTemplate, letterLogo, type WorkerType } from "./worker-type.ts";

/** Processes on the host of an agent. */
export const PROCESS: WorkerType = {
  type: "process",
  displayName: "Process",
  description: "Each flow run is a process on the host of the agent. Needs nothing but the agent.",
  documentationUrl: "/docs/worker-types#process",
  logoUrl: letterLogo("P", "#334155"),
  installCommand: "pip install prefect",
  isBeta: false,
  packageName: "prefect",
  defaultBaseJobTemplate: jobTemplate({
    variables: {
      stream_output: variable(
        "Stream output",
        "Also write the output of the job to the output of the agent.",
        FLAG,
        true,
      ),
      working_dir: optional(
        "Working directory",
        "Where the job starts. Left out: a fresh directory, removed after the run.",
        { type: "string", format: "path" },
      ),
    },
  }),
};
