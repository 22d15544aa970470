import type { ClientDuplexStream, ServiceError } from "@grpc/grpc-js";
import {
  AgentHello,
  type AgentServiceClient,
  type SessionRequest,
  type SessionResponse,
} from "#proto/sluice/v1/agent_service.ts";
import type { Lease } from "#proto/sluice/v1/lease.ts";
import { newId } from "#shared/ids.ts";
import { eventually } from "./eventually.ts";

type Answer = NonNullable<SessionResponse["message"]>;
type Kind = Answer["$case"];
type Values = { [A in Answer as A["$case"]]: A["value"] };
type Said = NonNullable<SessionRequest["message"]>;

/** The agent's end of a session, spoken by hand. */
export class SessionStream {
  readonly #call: ClientDuplexStream<SessionRequest, SessionResponse>;
  readonly #heard: Answer[] = [];
  #end: ServiceError | "ended" | undefined;

  constructor(agents: AgentServiceClient) {
    this.#call = agents.session();
    this.#call.on("data", ({ message }: SessionResponse) => {
      if (message !== undefined) this.#heard.push(message);
    });
    this.#call.on("error", (error: ServiceError) => (this.#end ??= error));
    this.#call.on("end", () => (this.#end ??= "ended"));
  }

  /** Says hello and waits for the welcome. */
  async hello(fields: Partial<AgentHello> = {}): Promise<Values["welcome"]> {
    this.say({ $case: "hello", value: helloOf(fields) });
    return this.next("welcome");
  }

  /** Sends one message. */
  say(message: Said): void {
    this.#call.write({ message });
  }

  /** Offers slots. */
  credit(freeSlots: number): void {
    this.say({ $case: "credit", value: { freeSlots } });
  }

  /** The next message of a kind that was not yet taken. Fails if the stream ends before it comes. */
  async next<K extends Kind>(kind: K, timeoutMs = 5_000): Promise<Values[K]> {
    const found = await eventually(
      () => {
        const taken = this.#take(kind);
        if (taken !== undefined || this.#end === undefined) return taken;
        throw new Error(`the stream ended: ${String(this.#end)}`);
      },
      { timeoutMs, what: `a message '${kind}'` },
    );
    return found.value;
  }

  /** The leases of the next grant. */
  async leases(): Promise<Lease[]> {
    return (await this.next("granted")).leases;
  }

  /** What came and was not taken. */
  get untaken(): readonly Answer[] {
    return this.#heard;
  }

  /** The error with which the stream ends. */
  async failure(timeoutMs = 5_000): Promise<ServiceError> {
    return eventually(() => (this.#end === "ended" ? undefined : this.#end), {
      timeoutMs,
      what: "an error",
    });
  }

  /** Ends this side, and waits until the server has ended the other. */
  async goodbye(): Promise<void> {
    this.#call.end();
    await eventually(() => this.#end === "ended", { what: "the end of the stream" });
  }

  /** Breaks the stream without a word. */
  cut(): void {
    this.#call.cancel();
  }

  #take<K extends Kind>(kind: K): { readonly value: Values[K] } | undefined {
    const index = this.#heard.findIndex(({ $case }) => $case === kind);
    const [found] = index === -1 ? [] : this.#heard.splice(index, 1);
    return found !== undefined && isOf(found, kind) ? found : undefined;
  }
}

function isOf<K extends Kind>(
  answer: Answer,
  kind: K,
): answer is Answer & { $case: K; value: Values[K] } {
  return answer.$case === kind;
}

/** A hello of an agent that takes everything. */
export function helloOf(fields: Partial<AgentHello>): AgentHello {
  const agentId = fields.agentId ?? newId();
  return AgentHello.fromPartial({
    agentId,
    session: 1,
    name: `agent-${agentId}`,
    workPoolName: "pool",
    version: "0.1.0",
    hostname: "host",
    protocolVersion: 1,
    ...fields,
  });
}
