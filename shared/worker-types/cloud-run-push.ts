import { CLOUD_RUN } from "./cloud-run.ts";
import { pushType } from "./push-type.ts";

/** Jobs of Google Cloud Run that are submitted without a worker. */
export const CLOUD_RUN_PUSH = pushType(CLOUD_RUN, {
  displayName: "Google Cloud Run - Push",
  description: "Each flow run is a job of Google Cloud Run, submitted without a worker.",
  required: { credentials: "The identity that creates jobs." },
});
