import type { Deployment, DeploymentServiceServer } from "#proto/sluice/v1/deployment_service.ts";
import { deploymentNotFound } from "#server/domain/not-found.ts";
import { type DeploymentView, getDeployment, listDeployments } from "#server/store/deployments.ts";
import { applyDeployment } from "#server/transitions/apply-deployment.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { deleteDeployment } from "#server/transitions/delete-deployment.ts";
import { requireFilterTargets } from "./filter-targets.ts";
import { writeTime } from "./flow-run-messages.ts";
import { bytesIn, pageSize, readPageToken, toPage, writePageToken } from "./page-token.ts";
import type { Unary } from "./unary.ts";

/** sluice.v1.DeploymentService. */
export function createDeploymentService(
  ctx: TransitionContext,
  unary: Unary,
): DeploymentServiceServer {
  const readDeployment = async (idOrName: string): Promise<Deployment> => {
    const found = await getDeployment(ctx.pool, idOrName);
    if (found !== undefined) return writeDeployment(found);
    throw deploymentNotFound(idOrName);
  };

  return {
    applyDeployment: unary(async (request) => {
      const { id, created } = await applyDeployment(ctx, {
        flowName: request.flowName,
        name: request.name,
        description: request.description,
        version: request.version,
        entrypoint: request.entrypoint,
        parameters: request.parametersJson,
        parameterSchema: request.parameterSchemaJson,
        enforceParameterSchema: request.enforceParameterSchema ?? true,
        jobVariables: request.jobVariablesJson,
        pullSteps: request.pullStepsJson,
        tags: request.tags,
        workPoolName: request.workPoolName,
        workQueueName: request.workQueueName,
        retries: request.retries,
        retryDelaySeconds: request.retryDelaySeconds,
      });
      return { deployment: await readDeployment(id), created };
    }),

    getDeployment: unary(async ({ idOrName }) => ({ deployment: await readDeployment(idOrName) })),

    listDeployments: unary(async (request) => {
      const size = pageSize(request.pageSize);
      const key = readPageToken("deployments", request.pageToken, ["", ""]);
      const filter = {
        flowName: request.flowName === "" ? null : request.flowName,
        workPoolName: request.workPoolName === "" ? null : request.workPoolName,
        limit: size + 1,
        after: key === null ? null : { flowName: key[0], name: key[1] },
      };
      const read = await listDeployments(ctx.pool, filter);
      if (read.length === 0) await requireFilterTargets(ctx, filter);
      const { rows, nextPageToken } = toPage(read, size, bytesOf, ({ flowName, name }) =>
        writePageToken("deployments", [flowName, name]),
      );
      return { deployments: rows.map(writeDeployment), nextPageToken };
    }),

    deleteDeployment: unary(async ({ idOrName }) => {
      await deleteDeployment(ctx, idOrName);
      return {};
    }),
  };
}

function writeDeployment(view: DeploymentView): Deployment {
  return {
    id: view.id,
    name: view.name,
    flowId: view.flowId,
    flowName: view.flowName,
    description: view.description ?? "",
    version: view.version ?? "",
    entrypoint: view.entrypoint ?? "",
    parametersJson: view.parameters,
    parameterSchemaJson: view.parameterSchema,
    enforceParameterSchema: view.enforceParameterSchema,
    jobVariablesJson: view.jobVariables,
    pullStepsJson: view.pullSteps ?? "",
    tags: [...view.tags],
    workPoolName: view.workPoolName ?? "",
    workQueueName: view.workQueueName ?? "",
    retries: view.retries,
    retryDelaySeconds: view.retryDelaySeconds,
    createdAt: writeTime(view.createdAt),
    updatedAt: writeTime(view.updatedAt),
  };
}

function bytesOf(view: DeploymentView): number {
  const { parameters, parameterSchema, jobVariables, pullSteps } = view;
  const { description, version, entrypoint, tags } = view;
  const json = bytesIn(parameters, parameterSchema, jobVariables, pullSteps);
  return json + bytesIn(description, version, entrypoint, ...tags);
}
