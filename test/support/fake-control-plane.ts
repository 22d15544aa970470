import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  status as grpcStatus,
} from "@grpc/grpc-js";
import {
  type AgentHello,
  AgentServiceService,
  type PushedLine,
  type PushLogsRequest,
  type PushLogsResponse,
  type Report,
  type SessionRequest,
  type SessionResponse,
  StartDecision,
  StopReason,
} from "#proto/sluice/v1/agent_service.ts";
import { FlowRunKind } from "#proto/sluice/v1/flow_run.ts";
import { Lease, type LeaseRef } from "#proto/sluice/v1/lease.ts";
import { eventually } from "./eventually.ts";

type Stream = ServerDuplexStream<SessionRequest, SessionResponse>;
type Said = NonNullable<SessionRequest["message"]>;
type Answer = NonNullable<SessionResponse["message"]>;

/** How a start request is answered. */
export type StartRule = (
  ref: LeaseRef,
) =>
  | { readonly decision: "granted" | "refused" }
  | { readonly decision: "wait"; readonly delayMs: number }
  | { readonly decision: "silence" };

/** What was stored of one attempt's output. */
export interface StoredOutput {
  readonly lines: PushedLine[];
  storedOffset: number;
}

/**
 * A control plane for one agent, over a real socket: it remembers all it hears, answers as a healthy
 * one would, and does what a test says where it should not.
 */
export class FakeControlPlane implements AsyncDisposable {
  readonly #server = new Server();
  readonly #streams = new Set<Stream>();
  readonly hellos: AgentHello[] = [];
  /** The credentials of each call. */
  readonly authorizations: unknown[] = [];
  readonly said: Said[] = [];
  readonly reports = new Map<number, Report>();
  readonly outputs = new Map<string, StoredOutput>();
  #port = 0;
  /** Refuses the next hellos with this status. */
  refusal: { readonly code: grpcStatus; readonly details: string } | undefined;
  workPoolType = "process";
  heartbeatIntervalMs = 10_000;
  fenced: LeaseRef[] = [];
  startRule: StartRule = () => ({ decision: "granted" });
  answersHeartbeats = true;
  /** Whether its answers say that the heartbeats are in the database. */
  storesHeartbeats = true;
  acknowledgesReports = true;
  /** Sends everything twice, as a faulty path may. */
  repeatsItself = false;
  /** Stores nothing until it is true. */
  storesLogs = true;

  private constructor() {
    this.#server.addService(AgentServiceService, {
      session: (stream: Stream) => this.#session(stream),
      pushLogs: (stream: ServerDuplexStream<PushLogsRequest, PushLogsResponse>) =>
        this.#pushLogs(stream),
    });
  }

  /** Listens on a free port of 127.0.0.1. */
  static async start(): Promise<FakeControlPlane> {
    const fake = new FakeControlPlane();
    fake.#port = await new Promise<number>((resolve, reject) => {
      fake.#server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      );
    });
    return fake;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** How many streams are open. */
  get openStreams(): number {
    return this.#streams.size;
  }

  /** Says something on every open stream. */
  say(message: Answer): void {
    for (const stream of this.#streams) {
      stream.write({ message });
      if (this.repeatsItself) stream.write({ message });
    }
  }

  /** Grants leases of a command each. */
  grant(...leases: readonly Lease[]): void {
    this.say({ $case: "granted", value: { leases: [...leases] } });
  }

  /** Orders a stop. */
  stop(ref: LeaseRef, graceMs: number, reason: StopReason = StopReason.CANCELLED): void {
    this.say({ $case: "stop", value: { ref, reason, graceMs } });
  }

  /** Ends all streams as a dying replica does. */
  dropStreams(details: string): void {
    for (const stream of this.#streams) {
      stream.emit("error", { code: grpcStatus.UNAVAILABLE, details });
    }
  }

  /** All that was said of one kind. */
  heard<K extends Said["$case"]>(kind: K): Extract<Said, { $case: K }>[] {
    return this.said.filter((message) => isOfKind(message, kind));
  }

  /** The reports on one attempt, in order. */
  reportsOn(ref: LeaseRef): Report[] {
    return [...this.reports.values()].filter((report) => sameRef(report.ref, ref));
  }

  /** The report of how an attempt ended, once it is there. */
  ended(ref: LeaseRef): Promise<NonNullable<Report["event"]>> {
    return eventually(
      () => this.reportsOn(ref).find(({ event }) => event?.$case !== "started")?.event,
      { what: `the end of ${ref.flowRunId}` },
    );
  }

  /** The output stored of an attempt. */
  output(ref: LeaseRef): StoredOutput {
    const key = `${ref.flowRunId}:${ref.epoch}`;
    const output = this.outputs.get(key) ?? { lines: [], storedOffset: 0 };
    this.outputs.set(key, output);
    return output;
  }

  /** The text of an attempt's lines. */
  texts(ref: LeaseRef): string[] {
    return this.output(ref).lines.map(({ message }) => message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
  }

  #session(stream: Stream): void {
    this.authorizations.push(...stream.metadata.get("authorization"));
    stream.on("data", ({ message }: SessionRequest) => {
      if (message !== undefined) this.#hear(stream, message);
    });
    stream.on("end", () => {
      this.#streams.delete(stream);
      stream.end();
    });
    stream.on("cancelled", () => this.#streams.delete(stream));
    stream.on("error", () => this.#streams.delete(stream));
  }

  #hear(stream: Stream, message: Said): void {
    this.said.push(message);
    const answer = (reply: Answer): void => {
      stream.write({ message: reply });
      if (this.repeatsItself) stream.write({ message: reply });
    };
    switch (message.$case) {
      case "hello":
        return this.#welcome(stream, message.value, answer);
      case "heartbeat":
        if (!this.answersHeartbeats) return;
        return answer({
          $case: "heartbeatReply",
          value: {
            sequence: message.value.sequence,
            serverTime: new Date(),
            storedSequence: this.storesHeartbeats ? message.value.sequence : 0,
          },
        });
      case "startRequests":
        for (const ref of message.value.refs) this.#answerStart(ref, answer);
        return;
      case "reports": {
        for (const report of message.value.reports) this.reports.set(report.sequence, report);
        const sequences = message.value.reports.map(({ sequence }) => sequence);
        if (this.acknowledgesReports)
          answer({ $case: "reportsAcknowledged", value: { sequences } });
        return;
      }
      case "accepted":
      case "credit":
      case "returned":
      case "stopAcknowledged":
    }
  }

  #welcome(stream: Stream, hello: AgentHello, answer: (reply: Answer) => void): void {
    this.hellos.push(hello);
    if (this.refusal !== undefined) {
      stream.emit("error", this.refusal);
      return;
    }
    this.#streams.add(stream);
    answer({
      $case: "welcome",
      value: {
        agentName: hello.name,
        workPoolType: this.workPoolType,
        heartbeatIntervalMs: this.heartbeatIntervalMs,
        serverTime: new Date(),
        fenced: this.fenced,
        serverVersion: "0.1.0",
        workPoolPaused: false,
      },
    });
  }

  #answerStart(ref: LeaseRef, answer: (reply: Answer) => void): void {
    const rule = this.startRule(ref);
    if (rule.decision === "silence") return;
    const decision = {
      granted: StartDecision.GRANTED,
      refused: StartDecision.REFUSED,
      wait: StartDecision.WAIT,
    }[rule.decision];
    const delayMs = rule.decision === "wait" ? rule.delayMs : 0;
    answer({ $case: "startReplies", value: { replies: [{ ref, decision, delayMs, reason: "" }] } });
  }

  #pushLogs(stream: ServerDuplexStream<PushLogsRequest, PushLogsResponse>): void {
    this.authorizations.push(...stream.metadata.get("authorization"));
    stream.on("data", ({ ref, startOffset, endOffset, lines }: PushLogsRequest) => {
      if (ref === undefined || !this.storesLogs) return;
      const output = this.output(ref);
      if (startOffset === output.storedOffset) {
        output.lines.push(...lines);
        output.storedOffset = endOffset;
      }
      stream.write({ ref, storedOffset: output.storedOffset, discarded: false });
    });
    stream.on("end", () => stream.end());
    stream.on("error", () => {});
  }
}

/** A lease of a command, due now unless said otherwise. */
export function commandLease(
  command: string,
  over: Partial<Lease> = {},
): Lease & { ref: LeaseRef } {
  const ref = over.ref ?? { flowRunId: Bun.randomUUIDv7(), epoch: 1 };
  const lease = Lease.fromPartial({
    attempt: 1,
    flowRunName: "brisk-otter",
    flowName: "count",
    deploymentName: "nightly",
    workQueueName: "default",
    kind: FlowRunKind.COMMAND,
    baseJobTemplateJson: JSON.stringify({
      job_configuration: {
        command: "{{ command }}",
        env: "{{ env }}",
        working_dir: "{{ working_dir }}",
        stream_output: "{{ stream_output }}",
      },
      variables: { type: "object", properties: { stream_output: { default: true } } },
    }),
    jobVariablesJson: JSON.stringify({ command }),
    parametersJson: "{}",
    stopGraceMs: 5000,
    ...over,
  });
  return { ...lease, ref };
}

function sameRef(a: LeaseRef | undefined, b: LeaseRef): boolean {
  return a?.flowRunId === b.flowRunId && a.epoch === b.epoch;
}

function isOfKind<K extends Said["$case"]>(
  message: Said,
  kind: K,
): message is Extract<Said, { $case: K }> {
  return message.$case === kind;
}
