import { type Static, Type } from "typebox";
import { memberText } from "#server/domain/parameters.ts";
import { deploymentNotFound } from "#server/domain/not-found.ts";
import {
  getDeployment,
  type PolledDeploymentView,
  readPolledDeployments,
} from "#server/store/deployments.ts";
import { ORDERS, searchIds } from "#server/store/searches.ts";
import { createFlowRuns } from "#server/transitions/create-flow-runs.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import type { RestContext } from "./context.ts";
import { DeploymentResponse, writeDeployment } from "./deployment-schemas.ts";
import { SEARCH_WITH_QUEUES, sortedPage } from "./filter-schemas.ts";
import { readFlowRun } from "./flow-run-routes.ts";
import {
  DeploymentFlowRunCreate,
  FlowRunResponse,
  readPolicy,
  writeFlowRun,
} from "./flow-run-schemas.ts";
import { readPage } from "./page.ts";
import { readSearch } from "./read-search.ts";
import { route, type Route } from "./route.ts";
import { Uuid } from "./schema-types.ts";
import { readState } from "./state-schemas.ts";

const TAGS = ["Deployments"];
const byId = Type.Object({ id: Uuid });

/** Deployments: reading them, and running them. */
export const DEPLOYMENT_ROUTES: readonly Route[] = [
  route({
    method: "get",
    path: "/deployments/{id}",
    name: "read_deployment",
    tags: TAGS,
    summary: "Read a deployment",
    params: byId,
    responses: { 200: DeploymentResponse },
    handler: async (ctx, { params }) => ({
      status: 200,
      body: writeDeployment(await readDeployment(ctx, params.id)),
    }),
  }),

  route({
    method: "get",
    path: "/deployments/name/{flow_name}/{deployment_name}",
    name: "read_deployment_by_name",
    tags: TAGS,
    summary: "Read a deployment by the names of its flow and its own",
    params: Type.Object({ flow_name: Type.String(), deployment_name: Type.String() }),
    responses: { 200: DeploymentResponse },
    handler: async (ctx, { params }) => {
      const name = `${params.flow_name}/${params.deployment_name}`;
      const found = await getDeployment(ctx.transitions.pool, name);
      if (found === undefined) throw deploymentNotFound(name);
      return { status: 200, body: writeDeployment(await readDeployment(ctx, found.id)) };
    },
  }),

  route({
    method: "post",
    path: "/deployments/filter",
    name: "read_deployments",
    tags: TAGS,
    summary: "List deployments",
    body: Type.Object({
      ...SEARCH_WITH_QUEUES,
      ...sortedPage("DeploymentSort", "CREATED_DESC", "UPDATED_DESC", "NAME_ASC", "NAME_DESC"),
    }),
    responses: { 200: Type.Array(DeploymentResponse) },
    handler: async (ctx, { body }) => {
      const { pool } = ctx.transitions;
      const page = { order: ORDERS.deployments[body.sort ?? "NAME_ASC"], ...readPage(ctx, body) };
      const ids = await searchIds(pool, "deployments", readSearch(body), page);
      const found = await readPolledDeployments(pool, ids);
      return { status: 200, body: found.map(writeDeployment) };
    },
  }),

  route({
    method: "post",
    path: "/deployments/{id}/create_flow_run",
    name: "create_flow_run_from_deployment",
    tags: TAGS,
    summary: "Create a run of a deployment, or find the one of that idempotency key",
    params: byId,
    body: DeploymentFlowRunCreate,
    bodyRequired: true,
    responses: { 200: FlowRunResponse, 201: FlowRunResponse },
    handler: async (ctx, { params, body, text }) => {
      const { flowId } = await readDeployment(ctx, params.id);
      const [answer] = await createFlowRuns(ctx.transitions, [
        {
          deployment: params.id,
          name: body.name ?? null,
          parameters: memberText(text, "parameters") ?? "",
          jobVariables: JSON.stringify(body.job_variables ?? {}),
          tags: body.tags ?? [],
          idempotencyKey: body.idempotency_key ?? null,
          workQueueName: body.work_queue_name ?? null,
          ...readFirstState(body),
          ...readPolicy(body.empirical_policy),
          ...(typeof body.enforce_parameter_schema === "boolean"
            ? { enforceParameterSchema: body.enforce_parameter_schema }
            : {}),
          labels: {
            "prefect.flow.id": flowId,
            "prefect.deployment.id": params.id,
            ...body.labels,
          },
          context: memberText(text, "context") ?? "{}",
          parentTaskRunId: body.parent_task_run_id ?? null,
        },
      ]);
      if (answer === undefined) throw new Error("one run was asked for and none answered");
      if (answer instanceof AppError) throw answer;
      const run = await readFlowRun(ctx, answer.flowRunId);
      return { status: answer.created ? 201 : 200, body: writeFlowRun(run) };
    },
  }),
];

async function readDeployment(ctx: RestContext, id: string): Promise<PolledDeploymentView> {
  const [deployment] = await readPolledDeployments(ctx.transitions.pool, [id]);
  if (deployment === undefined) throw deploymentNotFound(id);
  return deployment;
}

/** A deployment's run begins by waiting: somebody has yet to take it. */
function readFirstState(body: Static<typeof DeploymentFlowRunCreate>): {
  scheduledTime: number | null;
  stateName?: string;
  stateMessage?: string | null;
} {
  if (body.state === null || body.state === undefined) return { scheduledTime: null };
  const { type, name, message, details } = readState(body.state);
  if (type !== "SCHEDULED") {
    throw invalidField(
      "state.type",
      `a run of a deployment begins as SCHEDULED, not as ${type}; leave the state out to run it now`,
    );
  }
  return {
    scheduledTime: details?.scheduledTime ?? null,
    ...(name === undefined ? {} : { stateName: name }),
    stateMessage: message ?? null,
  };
}
