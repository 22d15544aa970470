import { credentials, Metadata, type ServiceError, status } from "@grpc/grpc-js";
import {
  ApplyDeploymentRequest,
  type Deployment,
  DeploymentServiceClient,
} from "#proto/sluice/v1/deployment_service.ts";
import type { FlowRun, LogLine } from "#proto/sluice/v1/flow_run.ts";
import {
  CreateFlowRunRequest,
  type CreateFlowRunsResponse,
  FlowRunServiceClient,
  type GetFlowRunResponse,
  ListFlowRunsRequest,
} from "#proto/sluice/v1/flow_run_service.ts";
import {
  CreateWorkPoolRequest,
  UpdateWorkPoolRequest,
  type Agent,
  type WorkPool,
  WorkPoolServiceClient,
} from "#proto/sluice/v1/work_pool_service.ts";

/** How to reach a control plane. */
export interface ClientOptions {
  /** `HOST:PORT`. */
  readonly address: string;
  readonly apiKey?: string;
}

type Fields<Message extends { fromPartial: (fields: never) => unknown }> = Parameters<
  Message["fromPartial"]
>[0];
type Invoke<Response> = (
  metadata: Metadata,
  options: { deadline: number },
  callback: (error: ServiceError | null, response: Response) => void,
) => unknown;

const CALL_TIMEOUT_MS = 10_000;

/** A client of every service, which reconnects quickly and waits for a server that is away. */
export class Client implements Disposable {
  readonly workPools: WorkPoolServiceClient;
  readonly deployments: DeploymentServiceClient;
  readonly flowRuns: FlowRunServiceClient;
  readonly #metadata = new Metadata({ waitForReady: true });

  constructor(options: ClientOptions) {
    const channel = {
      "grpc.initial_reconnect_backoff_ms": 50,
      "grpc.max_reconnect_backoff_ms": 250,
    };
    const open = credentials.createInsecure();
    this.workPools = new WorkPoolServiceClient(options.address, open, channel);
    this.deployments = new DeploymentServiceClient(options.address, open, channel);
    this.flowRuns = new FlowRunServiceClient(options.address, open, channel);
    if (options.apiKey !== undefined) {
      this.#metadata.set("authorization", `Bearer ${options.apiKey}`);
    }
  }

  async createWorkPool(fields: Fields<typeof CreateWorkPoolRequest>): Promise<WorkPool> {
    const request = CreateWorkPoolRequest.fromPartial(fields);
    const answer = await this.unary<{ workPool: WorkPool | undefined }>((...rest) =>
      this.workPools.createWorkPool(request, ...rest),
    );
    return present(answer.workPool);
  }

  async updateWorkPool(fields: Fields<typeof UpdateWorkPoolRequest>): Promise<WorkPool> {
    const request = UpdateWorkPoolRequest.fromPartial(fields);
    const answer = await this.unary<{ workPool: WorkPool | undefined }>((...rest) =>
      this.workPools.updateWorkPool(request, ...rest),
    );
    return present(answer.workPool);
  }

  async getWorkPool(name: string): Promise<WorkPool> {
    const answer = await this.unary<{ workPool: WorkPool | undefined }>((...rest) =>
      this.workPools.getWorkPool({ name }, ...rest),
    );
    return present(answer.workPool);
  }

  async listAgents(workPoolName = ""): Promise<Agent[]> {
    const request = { workPoolName, pageSize: 0, pageToken: "" };
    const answer = await this.unary<{ agents: Agent[] }>((...rest) =>
      this.workPools.listAgents(request, ...rest),
    );
    return answer.agents;
  }

  async applyDeployment(fields: Fields<typeof ApplyDeploymentRequest>): Promise<Deployment> {
    const request = ApplyDeploymentRequest.fromPartial(fields);
    const answer = await this.unary<{ deployment: Deployment | undefined }>((...rest) =>
      this.deployments.applyDeployment(request, ...rest),
    );
    return present(answer.deployment);
  }

  async createFlowRun(fields: Fields<typeof CreateFlowRunRequest>): Promise<FlowRun> {
    const request = CreateFlowRunRequest.fromPartial(fields);
    const answer = await this.unary<{ flowRun: FlowRun | undefined }>((...rest) =>
      this.flowRuns.createFlowRun(request, ...rest),
    );
    return present(answer.flowRun);
  }

  /** Creates runs together; their ids, or a throw if one is refused. */
  async createFlowRuns(
    requests: readonly Fields<typeof CreateFlowRunRequest>[],
  ): Promise<readonly string[]> {
    const request = {
      requests: requests.map((fields) => CreateFlowRunRequest.fromPartial(fields)),
    };
    const { results } = await this.unary<CreateFlowRunsResponse>((...rest) =>
      this.flowRuns.createFlowRuns(request, ...rest),
    );
    return results.map(({ outcome }) => {
      if (outcome?.$case === "created") return outcome.value.flowRunId;
      throw new Error(`a run was refused: ${outcome?.value.message}`);
    });
  }

  /** The run, its states and its timelines. */
  getFlowRun(id: string): Promise<GetFlowRunResponse> {
    return this.unary<GetFlowRunResponse>((...rest) => this.flowRuns.getFlowRun({ id }, ...rest));
  }

  async cancelFlowRun(id: string): Promise<FlowRun> {
    const answer = await this.unary<{ flowRun: FlowRun | undefined }>((...rest) =>
      this.flowRuns.cancelFlowRun({ id }, ...rest),
    );
    return present(answer.flowRun);
  }

  /** All runs that match, over all pages. */
  async listFlowRuns(fields: Fields<typeof ListFlowRunsRequest> = {}): Promise<FlowRun[]> {
    return this.#pages<FlowRun>(async (pageToken) => {
      const request = ListFlowRunsRequest.fromPartial({ ...fields, pageToken });
      const page = await this.unary<{ flowRuns: FlowRun[]; nextPageToken: string }>((...rest) =>
        this.flowRuns.listFlowRuns(request, ...rest),
      );
      return { items: page.flowRuns, next: page.nextPageToken };
    });
  }

  /** All stored lines of a run, over all pages. */
  async listLogs(flowRunId: string): Promise<LogLine[]> {
    return this.#pages<LogLine>(async (pageToken) => {
      const request = { flowRunId, pageSize: 1000, pageToken, descending: false };
      const page = await this.unary<{ lines: LogLine[]; nextPageToken: string }>((...rest) =>
        this.flowRuns.listFlowRunLogs(request, ...rest),
      );
      return { items: page.lines, next: page.nextPageToken };
    });
  }

  /** Makes one call with the credentials and a deadline. Rejects with the ServiceError. */
  unary<Response>(invoke: Invoke<Response>, timeoutMs = CALL_TIMEOUT_MS): Promise<Response> {
    return new Promise((resolve, reject) => {
      invoke(this.#metadata, { deadline: Date.now() + timeoutMs }, (error, response) => {
        if (error === null) resolve(response);
        else reject(error);
      });
    });
  }

  [Symbol.dispose](): void {
    for (const client of [this.workPools, this.deployments, this.flowRuns]) client.close();
  }

  async #pages<Item>(
    read: (token: string) => Promise<{ items: Item[]; next: string }>,
  ): Promise<Item[]> {
    const all: Item[] = [];
    let token = "";
    do {
      const { items, next } = await read(token);
      all.push(...items);
      token = next;
    } while (token !== "");
    return all;
  }
}

function present<Message>(message: Message | undefined): Message {
  if (message === undefined) throw new Error("the control plane answered without the message");
  return message;
}

/** Whether a call failed because the connection did: it may or may not have been carried out. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === status.UNAVAILABLE;
}
