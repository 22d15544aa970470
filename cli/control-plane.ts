import { Client, credentials, Metadata, status, type ServiceError } from "@grpc/grpc-js";
import * as concurrencyLimits from "#proto/sluice/v1/concurrency_limit_service.ts";
import * as deployments from "#proto/sluice/v1/deployment_service.ts";
import * as flowRuns from "#proto/sluice/v1/flow_run_service.ts";
import * as server from "#proto/sluice/v1/server_service.ts";
import * as workPools from "#proto/sluice/v1/work_pool_service.ts";
import { InterruptedError } from "./cli-error.ts";
import type { Connection } from "./connection.ts";
import { explainServiceError } from "./explain-error.ts";

const CALL_TIMEOUT_MS = 30_000;
const MOST_BYTES_PER_MESSAGE = 64 * 1024 * 1024;

interface Method<Request, Response> {
  readonly path: string;
  readonly requestSerialize: (value: Request) => Buffer;
  readonly responseDeserialize: (value: Buffer) => Response;
}

/**
 * The control plane's services, one method per call. A refused or failed call throws a RemoteError;
 * Ctrl-C ends a call with an InterruptedError.
 */
export class ControlPlane {
  readonly url: string;
  readonly #connection: Connection;
  readonly #client: Client;
  readonly #metadata = new Metadata();
  /** Aborts on Ctrl-C. */
  readonly interrupted: AbortSignal;

  constructor(connection: Connection, interrupted: AbortSignal) {
    this.url = connection.url;
    this.#connection = connection;
    this.interrupted = interrupted;
    const { tls, apiKey } = connection;
    if (apiKey !== undefined) this.#metadata.set("authorization", `Bearer ${apiKey}`);
    const security =
      tls === undefined
        ? credentials.createInsecure()
        : credentials.createSsl(tls.ca ?? null, null, null, tls.identity.verify);
    this.#client = new Client(connection.target, security, {
      ...tls?.identity.channel,
      "grpc.max_receive_message_length": MOST_BYTES_PER_MESSAGE,
      "grpc.keepalive_time_ms": 20_000,
      "grpc.keepalive_timeout_ms": 10_000,
      // A proxy for the outside world is of no use on the way to this machine itself.
      "grpc.enable_http_proxy": connection.loopback ? 0 : 1,
    });
  }

  close(): void {
    this.#client.close();
  }

  /** `timeoutMs` bounds reaching the server and its answer. */
  getServerInfo(timeoutMs?: number): Promise<server.GetServerInfoResponse> {
    return this.#call(server.ServerServiceService.getServerInfo, {}, timeoutMs);
  }

  createWorkPool(
    request: workPools.CreateWorkPoolRequest,
  ): Promise<workPools.CreateWorkPoolResponse> {
    return this.#call(workPools.WorkPoolServiceService.createWorkPool, request);
  }

  getWorkPool(request: workPools.GetWorkPoolRequest): Promise<workPools.GetWorkPoolResponse> {
    return this.#call(workPools.WorkPoolServiceService.getWorkPool, request);
  }

  listWorkPools(request: workPools.ListWorkPoolsRequest): Promise<workPools.ListWorkPoolsResponse> {
    return this.#call(workPools.WorkPoolServiceService.listWorkPools, request);
  }

  updateWorkPool(
    request: workPools.UpdateWorkPoolRequest,
  ): Promise<workPools.UpdateWorkPoolResponse> {
    return this.#call(workPools.WorkPoolServiceService.updateWorkPool, request);
  }

  deleteWorkPool(
    request: workPools.DeleteWorkPoolRequest,
  ): Promise<workPools.DeleteWorkPoolResponse> {
    return this.#call(workPools.WorkPoolServiceService.deleteWorkPool, request);
  }

  listAgents(request: workPools.ListAgentsRequest): Promise<workPools.ListAgentsResponse> {
    return this.#call(workPools.WorkPoolServiceService.listAgents, request);
  }

  applyDeployment(
    request: deployments.ApplyDeploymentRequest,
  ): Promise<deployments.ApplyDeploymentResponse> {
    return this.#call(deployments.DeploymentServiceService.applyDeployment, request);
  }

  getDeployment(
    request: deployments.GetDeploymentRequest,
  ): Promise<deployments.GetDeploymentResponse> {
    return this.#call(deployments.DeploymentServiceService.getDeployment, request);
  }

  listDeployments(
    request: deployments.ListDeploymentsRequest,
  ): Promise<deployments.ListDeploymentsResponse> {
    return this.#call(deployments.DeploymentServiceService.listDeployments, request);
  }

  deleteDeployment(
    request: deployments.DeleteDeploymentRequest,
  ): Promise<deployments.DeleteDeploymentResponse> {
    return this.#call(deployments.DeploymentServiceService.deleteDeployment, request);
  }

  createConcurrencyLimit(
    request: concurrencyLimits.CreateConcurrencyLimitRequest,
  ): Promise<concurrencyLimits.CreateConcurrencyLimitResponse> {
    return this.#call(
      concurrencyLimits.ConcurrencyLimitServiceService.createConcurrencyLimit,
      request,
    );
  }

  getConcurrencyLimit(
    request: concurrencyLimits.GetConcurrencyLimitRequest,
  ): Promise<concurrencyLimits.GetConcurrencyLimitResponse> {
    return this.#call(
      concurrencyLimits.ConcurrencyLimitServiceService.getConcurrencyLimit,
      request,
    );
  }

  listConcurrencyLimits(
    request: concurrencyLimits.ListConcurrencyLimitsRequest,
  ): Promise<concurrencyLimits.ListConcurrencyLimitsResponse> {
    return this.#call(
      concurrencyLimits.ConcurrencyLimitServiceService.listConcurrencyLimits,
      request,
    );
  }

  updateConcurrencyLimit(
    request: concurrencyLimits.UpdateConcurrencyLimitRequest,
  ): Promise<concurrencyLimits.UpdateConcurrencyLimitResponse> {
    return this.#call(
      concurrencyLimits.ConcurrencyLimitServiceService.updateConcurrencyLimit,
      request,
    );
  }

  deleteConcurrencyLimit(
    request: concurrencyLimits.DeleteConcurrencyLimitRequest,
  ): Promise<concurrencyLimits.DeleteConcurrencyLimitResponse> {
    return this.#call(
      concurrencyLimits.ConcurrencyLimitServiceService.deleteConcurrencyLimit,
      request,
    );
  }

  createFlowRun(request: flowRuns.CreateFlowRunRequest): Promise<flowRuns.CreateFlowRunResponse> {
    return this.#call(flowRuns.FlowRunServiceService.createFlowRun, request);
  }

  createFlowRuns(
    request: flowRuns.CreateFlowRunsRequest,
  ): Promise<flowRuns.CreateFlowRunsResponse> {
    return this.#call(flowRuns.FlowRunServiceService.createFlowRuns, request);
  }

  getFlowRun(request: flowRuns.GetFlowRunRequest): Promise<flowRuns.GetFlowRunResponse> {
    return this.#call(flowRuns.FlowRunServiceService.getFlowRun, request);
  }

  listFlowRuns(request: flowRuns.ListFlowRunsRequest): Promise<flowRuns.ListFlowRunsResponse> {
    return this.#call(flowRuns.FlowRunServiceService.listFlowRuns, request);
  }

  cancelFlowRun(request: flowRuns.CancelFlowRunRequest): Promise<flowRuns.CancelFlowRunResponse> {
    return this.#call(flowRuns.FlowRunServiceService.cancelFlowRun, request);
  }

  listFlowRunLogs(
    request: flowRuns.ListFlowRunLogsRequest,
  ): Promise<flowRuns.ListFlowRunLogsResponse> {
    return this.#call(flowRuns.FlowRunServiceService.listFlowRunLogs, request);
  }

  /** What happens to a run, as it happens; ends when the run has ended, or when `until` aborts. */
  async *watchFlowRun(
    request: flowRuns.WatchFlowRunRequest,
    until: AbortSignal,
  ): AsyncGenerator<flowRuns.WatchFlowRunResponse> {
    const { path, requestSerialize, responseDeserialize } =
      flowRuns.FlowRunServiceService.watchFlowRun;
    const call = this.#client.makeServerStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      this.#metadata,
    );
    const stop = AbortSignal.any([until, this.interrupted]);
    const cancel = (): void => call.cancel();
    stop.addEventListener("abort", cancel, { once: true });
    if (stop.aborted) cancel();
    try {
      const events: AsyncIterable<flowRuns.WatchFlowRunResponse> = call;
      yield* events;
    } catch (error) {
      if (this.interrupted.aborted) throw new InterruptedError();
      if (!until.aborted) throw this.#explained(error);
    } finally {
      stop.removeEventListener("abort", cancel);
      call.cancel();
    }
  }

  #call<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    timeoutMs = CALL_TIMEOUT_MS,
  ): Promise<Response> {
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    const call = this.#client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      this.#metadata,
      { deadline: Date.now() + timeoutMs },
      (error, response) => {
        this.interrupted.removeEventListener("abort", cancel);
        if (response !== undefined && error === null) resolve(response);
        else reject(this.interrupted.aborted ? new InterruptedError() : this.#explained(error));
      },
    );
    const cancel = (): void => call.cancel();
    this.interrupted.addEventListener("abort", cancel, { once: true });
    return promise;
  }

  #explained(error: unknown): unknown {
    return isServiceError(error) ? explainServiceError(error, this.#connection) : error;
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "number" &&
    error.code in status &&
    "details" in error &&
    "metadata" in error
  );
}
