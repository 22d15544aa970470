import {
  CollisionStrategy,
  type Deployment,
  type DeploymentServiceServer,
} from "#proto/sluice/v1/deployment_service.ts";
import type { CollisionStrategy as CollisionStrategyName } from "#server/domain/concurrency-limit.ts";
import { deploymentNotFound } from "#server/domain/not-found.ts";
import { type DeploymentView, getDeployment, listDeployments } from "#server/store/deployments.ts";
import { applyDeployment } from "#server/transitions/apply-deployment.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { deleteDeployment } from "#server/transitions/delete-deployment.ts";
import { invalidField } from "#shared/errors.ts";
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
        concurrency: {
          limit: request.concurrencyLimit ?? null,
          strategy: readStrategy(request.collisionStrategy),
          gracePeriodSeconds: request.gracePeriodSeconds ?? null,
        },
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

const STRATEGIES = {
  ENQUEUE: CollisionStrategy.ENQUEUE,
  CANCEL_NEW: CollisionStrategy.CANCEL_NEW,
} as const satisfies Record<CollisionStrategyName, CollisionStrategy>;

function readStrategy(strategy: CollisionStrategy): CollisionStrategyName {
  switch (strategy) {
    case CollisionStrategy.UNSPECIFIED:
    case CollisionStrategy.ENQUEUE:
      return "ENQUEUE";
    case CollisionStrategy.CANCEL_NEW:
      return "CANCEL_NEW";
    case CollisionStrategy.UNRECOGNIZED:
      throw invalidField(
        "collision_strategy",
        "this control plane knows only COLLISION_STRATEGY_ENQUEUE and COLLISION_STRATEGY_CANCEL_NEW",
      );
  }
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
    concurrencyLimit: view.concurrencyLimit ?? undefined,
    concurrencyLimitName: view.concurrencyLimitName ?? "",
    collisionStrategy: STRATEGIES[view.collisionStrategy],
    gracePeriodSeconds: view.gracePeriodSeconds ?? undefined,
    slotsHeld: view.slotsHeld,
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
