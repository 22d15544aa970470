import type { PolicyName } from "./orchestrate.ts";
import type { Rule } from "./rule.ts";
import {
  bypassCancellingWithoutInfrastructure,
  enforceCancellingToCancelled,
} from "./rules/cancelling.ts";
import {
  enforceDeploymentConcurrencyOnLate,
  preserveSlotLease,
  releaseDeploymentSlot,
  secureDeploymentSlot,
  validateSlotAtRunning,
} from "./rules/deployment-slots.ts";
import { preventDuplicateTransitions } from "./rules/duplicate-transition.ts";
import { ensureOnlyScheduledMarkedLate } from "./rules/late.ts";
import { handlePausing, handleResuming } from "./rules/pausing.ts";
import { copyScheduledTime, preventPending } from "./rules/pending.ts";
import { endRetryInProcess, retryFailed } from "./rules/retry.ts";
import { waitForScheduledTime } from "./rules/scheduled-time.ts";
import {
  handleTerminalTransitions,
  preventResultDataLoss,
  reopenEndedRuns,
} from "./rules/terminal.ts";

/** Which rules are asked, in this order. The first that refuses without a state of its own ends it. */
export const POLICIES: Readonly<Record<PolicyName, readonly Rule[]>> = {
  core: [
    preserveSlotLease,
    preventDuplicateTransitions,
    handleTerminalTransitions,
    reopenEndedRuns,
    enforceCancellingToCancelled,
    bypassCancellingWithoutInfrastructure,
    preventPending,
    validateSlotAtRunning,
    secureDeploymentSlot,
    ensureOnlyScheduledMarkedLate,
    handlePausing,
    handleResuming,
    copyScheduledTime,
    waitForScheduledTime,
    endRetryInProcess,
    retryFailed,
    releaseDeploymentSlot,
  ],
  minimal: [
    preserveSlotLease,
    preventResultDataLoss,
    reopenEndedRuns,
    bypassCancellingWithoutInfrastructure,
    endRetryInProcess,
    releaseDeploymentSlot,
  ],
  "mark-late": [
    ensureOnlyScheduledMarkedLate,
    enforceDeploymentConcurrencyOnLate,
    endRetryInProcess,
  ],
};
