import { status } from "@grpc/grpc-js";
import * as concurrencyLimits from "#proto/sluice/v1/concurrency_limit_service.ts";
import * as deployments from "#proto/sluice/v1/deployment_service.ts";
import * as flowRuns from "#proto/sluice/v1/flow_run_service.ts";
import * as server from "#proto/sluice/v1/server_service.ts";
import type * as insights from "#proto/sluice/v1/work_pool_insight.ts";
import * as workPools from "#proto/sluice/v1/work_pool_service.ts";
import * as workQueues from "#proto/sluice/v1/work_queue_service.ts";
import { RemoteError } from "./cli-error.ts";
import { isServiceError } from "./explain-error.ts";
import { RemoteCalls } from "./remote-calls.ts";

/**
 * The control plane's services, one method per call. A refused or failed call throws a RemoteError;
 * Ctrl-C ends a call with an InterruptedError.
 */
export class ControlPlane extends RemoteCalls {
  /** `timeoutMs` bounds reaching the server and its answer. */
  getServerInfo(timeoutMs?: number): Promise<server.GetServerInfoResponse> {
    return this.call(server.ServerServiceService.getServerInfo, {}, timeoutMs);
  }

  createWorkPool(
    request: workPools.CreateWorkPoolRequest,
  ): Promise<workPools.CreateWorkPoolResponse> {
    return this.call(workPools.WorkPoolServiceService.createWorkPool, request);
  }

  getWorkPool(request: workPools.GetWorkPoolRequest): Promise<workPools.GetWorkPoolResponse> {
    return this.call(workPools.WorkPoolServiceService.getWorkPool, request);
  }

  /** The pool of that name, or else of that id; undefined if there is none. */
  async findWorkPool(name: string): Promise<workPools.WorkPool | undefined> {
    try {
      return (await this.getWorkPool({ name })).workPool;
    } catch (error) {
      if (error instanceof RemoteError && isServiceError(error.cause)) {
        if (error.cause.code === status.NOT_FOUND) return undefined;
      }
      throw error;
    }
  }

  listWorkPools(request: workPools.ListWorkPoolsRequest): Promise<workPools.ListWorkPoolsResponse> {
    return this.call(workPools.WorkPoolServiceService.listWorkPools, request);
  }

  updateWorkPool(
    request: workPools.UpdateWorkPoolRequest,
  ): Promise<workPools.UpdateWorkPoolResponse> {
    return this.call(workPools.WorkPoolServiceService.updateWorkPool, request);
  }

  deleteWorkPool(
    request: workPools.DeleteWorkPoolRequest,
  ): Promise<workPools.DeleteWorkPoolResponse> {
    return this.call(workPools.WorkPoolServiceService.deleteWorkPool, request);
  }

  configureStorage(
    request: workPools.ConfigureStorageRequest,
  ): Promise<workPools.ConfigureStorageResponse> {
    return this.call(workPools.WorkPoolServiceService.configureStorage, request);
  }

  listWorkerTypes(): Promise<insights.ListWorkerTypesResponse> {
    return this.call(workPools.WorkPoolServiceService.listWorkerTypes, {});
  }

  getDefaultBaseJobTemplate(
    request: insights.GetDefaultBaseJobTemplateRequest,
  ): Promise<insights.GetDefaultBaseJobTemplateResponse> {
    return this.call(workPools.WorkPoolServiceService.getDefaultBaseJobTemplate, request);
  }

  getWorkPoolSlots(
    request: insights.GetWorkPoolSlotsRequest,
  ): Promise<insights.GetWorkPoolSlotsResponse> {
    return this.call(workPools.WorkPoolServiceService.getWorkPoolSlots, request);
  }

  previewRuns(request: insights.PreviewRunsRequest): Promise<insights.PreviewRunsResponse> {
    return this.call(workPools.WorkPoolServiceService.previewRuns, request);
  }

  previewJob(request: insights.PreviewJobRequest): Promise<insights.PreviewJobResponse> {
    return this.call(workPools.WorkPoolServiceService.previewJob, request);
  }

  deleteAgent(request: workPools.DeleteAgentRequest): Promise<workPools.DeleteAgentResponse> {
    return this.call(workPools.WorkPoolServiceService.deleteAgent, request);
  }

  listAgents(request: workPools.ListAgentsRequest): Promise<workPools.ListAgentsResponse> {
    return this.call(workPools.WorkPoolServiceService.listAgents, request);
  }

  createWorkQueue(
    request: workQueues.CreateWorkQueueRequest,
  ): Promise<workQueues.CreateWorkQueueResponse> {
    return this.call(workQueues.WorkQueueServiceService.createWorkQueue, request);
  }

  getWorkQueue(request: workQueues.GetWorkQueueRequest): Promise<workQueues.GetWorkQueueResponse> {
    return this.call(workQueues.WorkQueueServiceService.getWorkQueue, request);
  }

  listWorkQueues(
    request: workQueues.ListWorkQueuesRequest,
  ): Promise<workQueues.ListWorkQueuesResponse> {
    return this.call(workQueues.WorkQueueServiceService.listWorkQueues, request);
  }

  updateWorkQueue(
    request: workQueues.UpdateWorkQueueRequest,
  ): Promise<workQueues.UpdateWorkQueueResponse> {
    return this.call(workQueues.WorkQueueServiceService.updateWorkQueue, request);
  }

  deleteWorkQueue(
    request: workQueues.DeleteWorkQueueRequest,
  ): Promise<workQueues.DeleteWorkQueueResponse> {
    return this.call(workQueues.WorkQueueServiceService.deleteWorkQueue, request);
  }

  getWorkQueueStatus(
    request: workQueues.GetWorkQueueStatusRequest,
  ): Promise<workQueues.GetWorkQueueStatusResponse> {
    return this.call(workQueues.WorkQueueServiceService.getWorkQueueStatus, request);
  }

  listWorkQueueSlots(
    request: workQueues.ListWorkQueueSlotsRequest,
  ): Promise<workQueues.ListWorkQueueSlotsResponse> {
    return this.call(workQueues.WorkQueueServiceService.listWorkQueueSlots, request);
  }

  previewWorkQueueRuns(
    request: workQueues.PreviewWorkQueueRunsRequest,
  ): Promise<workQueues.PreviewWorkQueueRunsResponse> {
    return this.call(workQueues.WorkQueueServiceService.previewWorkQueueRuns, request);
  }

  applyDeployment(
    request: deployments.ApplyDeploymentRequest,
  ): Promise<deployments.ApplyDeploymentResponse> {
    return this.call(deployments.DeploymentServiceService.applyDeployment, request);
  }

  getDeployment(
    request: deployments.GetDeploymentRequest,
  ): Promise<deployments.GetDeploymentResponse> {
    return this.call(deployments.DeploymentServiceService.getDeployment, request);
  }

  listDeployments(
    request: deployments.ListDeploymentsRequest,
  ): Promise<deployments.ListDeploymentsResponse> {
    return this.call(deployments.DeploymentServiceService.listDeployments, request);
  }

  deleteDeployment(
    request: deployments.DeleteDeploymentRequest,
  ): Promise<deployments.DeleteDeploymentResponse> {
    return this.call(deployments.DeploymentServiceService.deleteDeployment, request);
  }

  createConcurrencyLimit(
    request: concurrencyLimits.CreateConcurrencyLimitRequest,
  ): Promise<concurrencyLimits.CreateConcurrencyLimitResponse> {
    return this.call(
      concurrencyLimits.ConcurrencyLimitServiceService.createConcurrencyLimit,
      request,
    );
  }

  getConcurrencyLimit(
    request: concurrencyLimits.GetConcurrencyLimitRequest,
  ): Promise<concurrencyLimits.GetConcurrencyLimitResponse> {
    return this.call(concurrencyLimits.ConcurrencyLimitServiceService.getConcurrencyLimit, request);
  }

  listConcurrencyLimits(
    request: concurrencyLimits.ListConcurrencyLimitsRequest,
  ): Promise<concurrencyLimits.ListConcurrencyLimitsResponse> {
    return this.call(
      concurrencyLimits.ConcurrencyLimitServiceService.listConcurrencyLimits,
      request,
    );
  }

  updateConcurrencyLimit(
    request: concurrencyLimits.UpdateConcurrencyLimitRequest,
  ): Promise<concurrencyLimits.UpdateConcurrencyLimitResponse> {
    return this.call(
      concurrencyLimits.ConcurrencyLimitServiceService.updateConcurrencyLimit,
      request,
    );
  }

  deleteConcurrencyLimit(
    request: concurrencyLimits.DeleteConcurrencyLimitRequest,
  ): Promise<concurrencyLimits.DeleteConcurrencyLimitResponse> {
    return this.call(
      concurrencyLimits.ConcurrencyLimitServiceService.deleteConcurrencyLimit,
      request,
    );
  }

  createFlowRun(request: flowRuns.CreateFlowRunRequest): Promise<flowRuns.CreateFlowRunResponse> {
    return this.call(flowRuns.FlowRunServiceService.createFlowRun, request);
  }

  createFlowRuns(
    request: flowRuns.CreateFlowRunsRequest,
  ): Promise<flowRuns.CreateFlowRunsResponse> {
    return this.call(flowRuns.FlowRunServiceService.createFlowRuns, request);
  }

  getFlowRun(request: flowRuns.GetFlowRunRequest): Promise<flowRuns.GetFlowRunResponse> {
    return this.call(flowRuns.FlowRunServiceService.getFlowRun, request);
  }

  listFlowRuns(request: flowRuns.ListFlowRunsRequest): Promise<flowRuns.ListFlowRunsResponse> {
    return this.call(flowRuns.FlowRunServiceService.listFlowRuns, request);
  }

  cancelFlowRun(request: flowRuns.CancelFlowRunRequest): Promise<flowRuns.CancelFlowRunResponse> {
    return this.call(flowRuns.FlowRunServiceService.cancelFlowRun, request);
  }

  listFlowRunLogs(
    request: flowRuns.ListFlowRunLogsRequest,
  ): Promise<flowRuns.ListFlowRunLogsResponse> {
    return this.call(flowRuns.FlowRunServiceService.listFlowRunLogs, request);
  }

  /** What happens to a run, as it happens; ends when the run has ended, or when `until` aborts. */
  watchFlowRun(
    request: flowRuns.WatchFlowRunRequest,
    until: AbortSignal,
  ): AsyncGenerator<flowRuns.WatchFlowRunResponse> {
    return this.stream(flowRuns.FlowRunServiceService.watchFlowRun, request, until);
  }
}
