import {
  type AgentHello,
  AttemptPhase,
  type Report,
  type SessionResponse,
  StartDecision,
  type StartReply,
  StopReason,
} from "#proto/sluice/v1/agent_service.ts";
import { FlowRunKind } from "#proto/sluice/v1/flow_run.ts";
import { type Lease, LeaseRef, LostPolicy } from "#proto/sluice/v1/lease.ts";
import type { ReportEvent } from "#server/transitions/apply-reports.ts";
import type { GrantedLease } from "#server/transitions/grant-leases.ts";
import type { StartAnswer } from "#server/transitions/grant-starts.ts";
import type { AgentHelloInput } from "#server/transitions/open-agent-session.ts";
import type { LeaseKey, StopNeeded } from "#server/store/leases.ts";
import { AppError } from "#shared/errors.ts";
import { isUuid } from "#shared/ids.ts";

/** The protocol this server speaks. */
const PROTOCOL_VERSION = 1;

const PHASES = {
  [AttemptPhase.ACCEPTED]: "accepted",
  [AttemptPhase.STARTING]: "starting",
  [AttemptPhase.RUNNING]: "running",
  [AttemptPhase.ENDED]: "ended",
} as const;

const KINDS = {
  command: FlowRunKind.COMMAND,
  engine: FlowRunKind.ENGINE,
} as const satisfies Record<GrantedLease["kind"], FlowRunKind>;

const LOST_POLICIES = {
  crash: LostPolicy.CRASH,
  keep: LostPolicy.KEEP,
  reschedule: LostPolicy.RESCHEDULE,
} as const satisfies Record<GrantedLease["lostPolicy"], LostPolicy>;

const STOP_REASONS = {
  cancelled: StopReason.CANCELLED,
  revoked: StopReason.REVOKED,
  fenced: StopReason.FENCED,
} as const satisfies Record<StopNeeded["reason"], StopReason>;

/** A message that breaks the protocol; the stream ends with it. */
export function violation(message: string): AppError {
  return new AppError("protocol_violation", message);
}

/** The attempt a message names. Checked here, so that one bad message cannot spoil a shared batch. */
export function readRef(ref: LeaseRef | undefined): LeaseKey {
  if (
    ref === undefined ||
    !isUuid(ref.flowRunId) ||
    !Number.isSafeInteger(ref.epoch) ||
    ref.epoch < 1
  ) {
    const shown = JSON.stringify(ref === undefined ? null : LeaseRef.toJSON(ref));
    throw violation(
      `${shown} names no attempt; a ref needs a flow_run_id (UUID) and an epoch of at least 1.`,
    );
  }
  return { flowRunId: ref.flowRunId.toLowerCase(), epoch: ref.epoch };
}

/** What a hello says, checked as far as that needs no database. */
export function readHello(hello: AgentHello): AgentHelloInput {
  if (hello.protocolVersion !== PROTOCOL_VERSION) {
    throw violation(
      `This control plane speaks protocol version ${PROTOCOL_VERSION}, the agent ${hello.protocolVersion}; install the agent of the control plane's release.`,
    );
  }
  if (!isUuid(hello.agentId)) throw violation(`agent_id '${hello.agentId}' is not a UUID.`);
  if (!Number.isSafeInteger(hello.session) || hello.session < 1) {
    throw violation(`session ${hello.session} is not a whole number of at least 1.`);
  }
  return {
    agentId: hello.agentId.toLowerCase(),
    session: hello.session,
    name: hello.name,
    workPoolName: hello.workPoolName,
    type: hello.type,
    workQueueNames: hello.workQueueNames,
    limit: hello.limit ?? null,
    prefetchSeconds: hello.prefetchSeconds,
    version: hello.version,
    hostname: hello.hostname,
    held: hello.held.map(({ ref, phase }) => {
      if (phase === AttemptPhase.UNSPECIFIED || phase === AttemptPhase.UNRECOGNIZED) {
        throw violation(`held attempt ${ref?.flowRunId ?? ""} has no phase.`);
      }
      return { ...readRef(ref), phase: PHASES[phase] };
    }),
    createPoolIfNotFound: hello.createPoolIfNotFound,
  };
}

/** A report's attempt, place and content. */
export function readReport(report: Report): LeaseKey & { sequence: number; event: ReportEvent } {
  return { ...readRef(report.ref), sequence: report.sequence, event: readEvent(report) };
}

/** Whether a report says that its attempt is over. */
export function isEnd({ event }: Report): boolean {
  return event?.$case === "exited" || event?.$case === "crashed";
}

function readEvent({ event, sequence }: Report): ReportEvent {
  switch (event?.$case) {
    case "started":
      return {
        kind: "started",
        infrastructureId: event.value.infrastructureId,
        sinceStartGrantedUs: event.value.sinceStartGrantedUs,
      };
    case "exited":
      return {
        kind: "exited",
        exitCode: event.value.exitCode ?? null,
        signal: event.value.signal === "" ? null : event.value.signal,
        startedAfterUs: event.value.startedAfterUs ?? null,
        firstOutputAfterUs: event.value.firstOutputAfterUs ?? null,
        exitedAfterUs: event.value.exitedAfterUs ?? null,
        outputBytes: event.value.outputBytes,
        stoppedOnOrder: event.value.stoppedOnOrder,
        message: event.value.message,
      };
    case "crashed":
      return {
        kind: "crashed",
        reason: event.value.reason,
        neverStarted: event.value.neverStarted,
        lostContact: event.value.lostContact,
      };
    case undefined:
      throw violation(`report ${sequence} says nothing.`);
  }
}

/** A lease as it is sent. `dueInMs` counts from the sending. */
export function writeLease(lease: GrantedLease, dueInMs: number, stopGraceMs: number): Lease {
  return {
    ref: { flowRunId: lease.flowRunId, epoch: lease.epoch },
    attempt: lease.attempt,
    flowRunName: lease.flowRunName,
    flowId: lease.flowId,
    flowName: lease.flowName,
    deploymentId: lease.deploymentId ?? "",
    deploymentName: lease.deploymentName ?? "",
    workQueueName: lease.workQueueName,
    kind: KINDS[lease.kind],
    dueInMs: Math.max(0, Math.ceil(dueInMs)),
    baseJobTemplateJson: lease.baseJobTemplate,
    deploymentJobVariablesJson: lease.deploymentJobVariables,
    jobVariablesJson: lease.jobVariables,
    parametersJson: lease.parameters,
    entrypoint: lease.entrypoint ?? "",
    pullStepsJson: lease.pullSteps ?? "",
    referencesJson: lease.references,
    stopGraceMs,
    lostPolicy: LOST_POLICIES[lease.lostPolicy],
    lostAfterMs: lease.lostAfterSeconds * 1000,
  };
}

/** The answer to one start request. */
export function writeStartReply(key: LeaseKey, answer: StartAnswer): StartReply {
  const ref = { flowRunId: key.flowRunId, epoch: key.epoch };
  switch (answer.decision) {
    case "granted":
      return { ref, decision: StartDecision.GRANTED, delayMs: 0, reason: "" };
    case "wait":
      return {
        ref,
        decision: StartDecision.WAIT,
        delayMs: Math.max(1, Math.ceil(answer.delayMs)),
        reason: answer.reason,
      };
    case "refused":
      return { ref, decision: StartDecision.REFUSED, delayMs: 0, reason: answer.reason };
  }
}

/** Whether the attempt must be dropped. */
export function isRefusal({ decision }: StartReply): boolean {
  return decision === StartDecision.REFUSED;
}

/** A stop order. */
export function writeStop(stop: StopNeeded, graceMs: number): SessionResponse {
  return {
    message: {
      $case: "stop",
      value: {
        ref: { flowRunId: stop.flowRunId, epoch: stop.epoch },
        reason: STOP_REASONS[stop.reason],
        graceMs,
      },
    },
  };
}
