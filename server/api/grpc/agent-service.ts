import type { AgentServiceServer, SessionRequest } from "#proto/sluice/v1/agent_service.ts";
import { describeFailure } from "#server/api/failure.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { openAgentSession } from "#server/transitions/open-agent-session.ts";
import type { Logger } from "#shared/logger.ts";
import { AgentSession, type SessionCall, type SessionSurroundings } from "./agent-session.ts";
import type { AgentSessions } from "./agent-sessions.ts";
import { toStatus } from "./error-mapping.ts";
import type { LogIntake } from "./log-intake.ts";
import { readHello, violation } from "./session-messages.ts";

/** How long a new stream may stay without a hello. */
const HELLO_TIMEOUT_MS = 10_000;

/** What the service is made of. */
export interface AgentServiceParts {
  readonly ctx: TransitionContext;
  readonly sessions: AgentSessions;
  readonly around: Omit<SessionSurroundings, "onCredit" | "onClosed">;
  readonly logIntake: LogIntake;
  readonly logger: Logger;
}

/** sluice.v1.AgentService. */
export function createAgentService(parts: AgentServiceParts): AgentServiceServer {
  return {
    session: (call) => awaitHello(call, parts),
    pushLogs: (call) => parts.logIntake.take(call),
  };
}

/** The first message must be a hello. Nothing more is read until it is answered. */
function awaitHello(call: SessionCall, parts: AgentServiceParts): void {
  const refuse = (error: unknown): void => {
    call.emit("error", toStatus(describeFailure(error, parts.logger)));
  };
  const timer = setTimeout(() => {
    refuse(violation(`no hello came within ${HELLO_TIMEOUT_MS / 1000} s.`));
  }, HELLO_TIMEOUT_MS);
  const leave = (): void => {
    clearTimeout(timer);
    call.end();
  };
  call.once("cancelled", leave);
  call.once("end", leave);
  call.once("data", (request: SessionRequest) => {
    clearTimeout(timer);
    call.pause();
    call.off("end", leave);
    openSession(call, request, parts).catch(refuse);
  });
}

async function openSession(
  call: SessionCall,
  { message }: SessionRequest,
  { ctx, sessions, around }: AgentServiceParts,
): Promise<void> {
  sessions.requireOpen();
  if (message?.$case !== "hello") {
    throw violation(`the first message must be a hello, not ${message?.$case ?? "an empty one"}.`);
  }
  const hello = readHello(message.value);
  const opened = await openAgentSession(ctx, hello);
  // Whoever left meanwhile will say hello again, with a higher session.
  if (call.cancelled) return;
  const session = new AgentSession(call, hello, opened, {
    ...around,
    onCredit: (changed) => sessions.offerChanged(changed),
    onClosed: (closed, goodbye) => sessions.remove(closed, goodbye),
  });
  sessions.requireOpen();
  session.begin(opened);
  sessions.add(session);
  around.logger.info("an agent has connected", { agent: opened.agentName, session: hello.session });
}
