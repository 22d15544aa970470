import type { StateType } from "#shared/states.ts";
import type { SlotEffect } from "#server/domain/flow-run.ts";
import type { StateDetails } from "#server/domain/state.ts";
import {
  ANY_ORIGIN,
  ANY_TYPE,
  draft,
  PASS,
  refusal,
  typesExcept,
  type Move,
  type Rule,
  type Verdict,
} from "#server/domain/rule.ts";

/** The types in which a run occupies a slot of its deployment's concurrency limit. */
const SLOT_TYPES: readonly StateType[] = ["PENDING", "RUNNING", "CANCELLING"];

const OTHER_TYPES = typesExcept(...SLOT_TYPES);

/** Whether a run in a state of this type holds a slot of its deployment, whoever has it in hand. */
export function holdsSlot(type: StateType): boolean {
  return SLOT_TYPES.includes(type);
}

/** Which slot a run has is known here, not to those who propose. */
export const preserveSlotLease: Rule = {
  name: "PreserveSlotLease",
  summary:
    "The stored slot lease goes along while the run occupies a slot; one named by a proposal is ignored.",
  from: ANY_ORIGIN,
  to: ANY_TYPE,
  decide(move) {
    const held = heldLease(move);
    const keeps = SLOT_TYPES.includes(move.proposed.type);
    return {
      kind: "amend",
      details: withLease(move.proposed.details, keeps ? held : undefined),
    };
  },
};

/** A run whose deployment is full does not become PENDING. */
export const secureDeploymentSlot: Rule = {
  name: "SecureDeploymentSlot",
  summary:
    "To PENDING: take a slot of the deployment, an engine-managed run with a lease. Deployment gone, or limit 0: ABORT. Full: REJECT, with ENQUEUE SCHEDULED AwaitingConcurrencySlot is stored, with CANCEL_NEW CANCELLED.",
  from: [null, ...OTHER_TYPES],
  to: ["PENDING"],
  decide(move) {
    const { facts, input } = move;
    if (facts.deploymentId === null) return PASS;
    if (!facts.deploymentExists) {
      return { kind: "abort", reason: refusal(move, "its deployment does not exist any more") };
    }
    if (facts.concurrency === null) return PASS;
    if (facts.concurrency.limit <= 0) {
      return { kind: "abort", reason: refusal(move, "its deployment's concurrency limit is 0") };
    }
    if (!isFull(move)) return acquire(move);
    const reason = refusal(move, "its deployment's concurrency limit is reached");
    if (facts.concurrency.strategy === "CANCEL_NEW") return cancelNew(reason);
    const scheduledTime = input.now + input.settings.concurrencySlotWaitSeconds * 1000;
    return {
      kind: "reject",
      reason,
      instead: draft("SCHEDULED", { name: "AwaitingConcurrencySlot", details: { scheduledTime } }),
    };
  },
};

/** A slot that was taken back in the meantime is not used twice. */
export const validateSlotAtRunning: Rule = {
  name: "ValidateSlotAtRunning",
  summary:
    "PENDING to RUNNING with a slot: renew its lease; if that is lost take another slot; if there is none REJECT, CANCELLED is stored.",
  from: ["PENDING"],
  to: ["RUNNING"],
  decide(move) {
    const { concurrency } = move.facts;
    const leaseId = heldLease(move);
    if (concurrency === null || leaseId === undefined) return PASS;
    if (concurrency.ownLeaseAlive) {
      return { kind: "amend", slot: { kind: "renew", leaseId, ttlSeconds: ttl(move) } };
    }
    if (!isFull(move)) return acquire(move);
    return cancelNew(refusal(move, "its deployment slot was lost and no other is free"));
  },
};

/** A run that would be cancelled when its turn comes is cancelled when it is late. */
export const enforceDeploymentConcurrencyOnLate: Rule = {
  name: "EnforceDeploymentConcurrencyOnLate",
  summary:
    "To SCHEDULED Late while the deployment is full, with CANCEL_NEW: REJECT, CANCELLED is stored.",
  from: ["SCHEDULED"],
  to: ["SCHEDULED"],
  decide(move) {
    if (move.proposed.name !== "Late") return PASS;
    if (move.facts.concurrency?.strategy !== "CANCEL_NEW" || !isFull(move)) return PASS;
    return cancelNew(refusal(move, "its deployment's concurrency limit is reached"));
  },
};

/** Whoever stops occupying a slot gives it back, in the same transaction. */
export const releaseDeploymentSlot: Rule = {
  name: "ReleaseDeploymentSlot",
  summary: "From PENDING, RUNNING or CANCELLING to any other type: the slot is given back.",
  from: SLOT_TYPES,
  to: OTHER_TYPES,
  decide(move) {
    const leaseId = heldLease(move);
    return leaseId === undefined ? PASS : { kind: "amend", slot: { kind: "release", leaseId } };
  },
};

function heldLease({ facts }: Move): string | undefined {
  return facts.state?.details.deploymentConcurrencyLeaseId;
}

function isFull({ facts: { concurrency } }: Move): boolean {
  return concurrency !== null && concurrency.slotsHeld >= concurrency.limit;
}

function ttl({ facts, input }: Move): number {
  return facts.concurrency?.gracePeriodSeconds ?? input.settings.initialSlotLeaseSeconds;
}

/**
 * Only an engine keeps a lease alive, so only a run of one is given a lease. Any other run holds its
 * slot by being in hand, and is counted by that.
 */
function acquire(move: Move): Verdict {
  if (move.facts.kind !== "engine") return PASS;
  const leaseId = move.input.slotLeaseId;
  const slot: SlotEffect = { kind: "acquire", leaseId, ttlSeconds: ttl(move) };
  return { kind: "amend", slot, details: withLease(move.proposed.details, leaseId) };
}

function cancelNew(reason: string): Verdict {
  const message = "The deployment's concurrency limit is reached.";
  return { kind: "reject", reason, instead: draft("CANCELLED", { message }) };
}

function withLease(details: StateDetails, leaseId: string | undefined): StateDetails {
  const { deploymentConcurrencyLeaseId: _, ...rest } = details;
  return leaseId === undefined ? rest : { ...rest, deploymentConcurrencyLeaseId: leaseId };
}
