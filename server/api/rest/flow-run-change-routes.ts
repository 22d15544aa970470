import { Type } from "typebox";
import { memberText } from "#server/domain/parameters.ts";
import { createAdhocFlowRun } from "#server/transitions/create-adhoc-flow-run.ts";
import { deleteFlowRun } from "#server/transitions/delete-flow-run.ts";
import { updateFlowRun, updateFlowRunLabels } from "#server/transitions/update-flow-run.ts";
import { readFlowRun } from "./flow-run-routes.ts";
import {
  FlowRunCreate,
  FlowRunResponse,
  FlowRunUpdate,
  Labels,
  readPolicy,
  writeFlowRun,
} from "./flow-run-schemas.ts";
import { route, type Route } from "./route.ts";
import { Uuid } from "./schema-types.ts";
import { readState } from "./state-schemas.ts";

const TAGS = ["Flow Runs"];
const byId = Type.Object({ id: Uuid });

/** Making runs without a deployment, and changing and deleting any. */
export const FLOW_RUN_CHANGE_ROUTES: readonly Route[] = [
  route({
    method: "post",
    path: "/flow_runs/",
    name: "create_flow_run",
    tags: TAGS,
    summary: "Create a run without a deployment, PENDING unless a state is given",
    body: FlowRunCreate,
    responses: { 200: FlowRunResponse, 201: FlowRunResponse },
    handler: async (ctx, { body, text }) => {
      const { retries = 0, retryDelaySeconds = 0 } = readPolicy(body.empirical_policy);
      const { id, created } = await createAdhocFlowRun(ctx.transitions, {
        flowId: body.flow_id,
        name: body.name ?? null,
        state: readState(body.state ?? { type: "PENDING" }),
        flowVersion: body.flow_version ?? null,
        parameters: memberText(text, "parameters") ?? "{}",
        context: memberText(text, "context") ?? "{}",
        parentTaskRunId: body.parent_task_run_id ?? null,
        retries,
        retryDelaySeconds,
        tags: body.tags ?? [],
        labels: { ...body.labels, "prefect.flow.id": body.flow_id },
        idempotencyKey: body.idempotency_key ?? null,
        workPoolName: body.work_pool_name ?? null,
        workQueueName: body.work_queue_name ?? null,
        jobVariables: body.job_variables ?? {},
      });
      return { status: created ? 201 : 200, body: writeFlowRun(await readFlowRun(ctx, id)) };
    },
  }),

  route({
    method: "patch",
    path: "/flow_runs/{id}",
    name: "update_flow_run",
    tags: TAGS,
    summary: "Change what is given of a run, never its state",
    params: byId,
    body: FlowRunUpdate,
    bodyRequired: true,
    responses: { 204: null },
    handler: async (ctx, { params, body, text }) => {
      await updateFlowRun(ctx.transitions, params.id, {
        name: body.name ?? undefined,
        flowVersion: body.flow_version,
        parameters: memberText(text, "parameters"),
        ...readPolicy(body.empirical_policy),
        tags: body.tags,
        infrastructureId: body.infrastructure_pid,
        jobVariables: body.job_variables === null ? {} : body.job_variables,
      });
      return { status: 204 };
    },
  }),

  route({
    method: "patch",
    path: "/flow_runs/{id}/labels",
    name: "update_flow_run_labels",
    tags: TAGS,
    summary: "Add labels to a run's, or replace those of the same key",
    params: byId,
    body: Labels,
    bodyRequired: true,
    responses: { 204: null },
    handler: async (ctx, { params, body }) => {
      await updateFlowRunLabels(ctx.transitions, params.id, body);
      return { status: 204 };
    },
  }),

  route({
    method: "delete",
    path: "/flow_runs/{id}",
    name: "delete_flow_run",
    tags: TAGS,
    summary: "Delete a run that no agent holds",
    params: byId,
    responses: { 204: null },
    handler: async (ctx, { params }) => {
      await deleteFlowRun(ctx.transitions, params.id);
      return { status: 204 };
    },
  }),
];
