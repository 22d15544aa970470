import { Type } from "typebox";
import { previewJob } from "#server/api/preview-job.ts";
import { workPoolNotFound } from "#server/domain/not-found.ts";
import { readPoolConcurrency } from "#server/store/work-pool-concurrency.ts";
import { invalidField } from "#shared/errors.ts";
import { readPage } from "./page.ts";
import { route, type Route } from "./route.ts";
import { Absent, AnyJson, AnyObject, Closed, named, OneOf, Uuid } from "./schema-types.ts";
import { WorkPoolConcurrencyStatus, writeQueueConcurrency } from "./slot-schemas.ts";

const TAGS = ["Work Pools"];

const byName = Type.Object({ name: Type.String() });

const EXPLAINED = {
  name: Type.String(),
  value: AnyJson,
  origin: OneOf("pool default", "deployment", "flow run", "unset"),
};

const JobPreview = named(
  "JobPreview",
  Type.Object({
    job_configuration: AnyObject,
    variables: Type.Array(
      Type.Object({ ...EXPLAINED, is_declared: Type.Boolean(), is_secret: Type.Boolean() }),
    ),
    env: Type.Array(Type.Object(EXPLAINED)),
    references: Type.Array(Type.String()),
    refusal: Absent(Type.String()),
  }),
);

/** What can be asked about a pool beside what it is. */
export const WORK_POOL_INSIGHT_ROUTES: readonly Route[] = [
  route({
    method: "post",
    path: "/work_pools/{name}/concurrency_status",
    name: "read_work_pool_concurrency_status",
    tags: TAGS,
    summary: "Who holds the slots of a pool: its PENDING and RUNNING runs, queue by queue",
    params: byName,
    body: Type.Object({
      page: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
      limit: Absent(Type.Integer()),
      flow_run_limit: Type.Optional(Type.Integer({ minimum: 0, maximum: 200, default: 10 })),
    }),
    responses: { 200: WorkPoolConcurrencyStatus },
    handler: async (ctx, { params, body }) => {
      const { page = 1, flow_run_limit: flowRunLimit = 10 } = body;
      const { limit } = readPage(ctx, { limit: body.limit ?? null });
      const offset = (page - 1) * limit;
      const found = await readPoolConcurrency(ctx.transitions.pool, params.name, {
        limit,
        // Behind the last queue there is nothing, however far.
        offset: Math.min(offset, Number.MAX_SAFE_INTEGER),
        flowRunLimit,
      });
      if (found === undefined) throw workPoolNotFound(params.name);
      return {
        status: 200,
        body: {
          active_slots: found.activeSlots,
          concurrency_limit: found.concurrencyLimit,
          queues: found.queues.map(writeQueueConcurrency),
          count: found.queueCount,
          limit,
          pages: limit === 0 ? 0 : Math.ceil(found.queueCount / limit),
          page,
        },
      };
    },
  }),

  route({
    method: "post",
    path: "/work_pools/{name}/preview_job",
    name: "preview_job",
    tags: TAGS,
    summary:
      "What a run's job would be made of, and who gave each value, before there is any run; secrets are masked",
    params: byName,
    body: Closed({
      deployment_id: Absent(Uuid),
      deployment: Absent(Type.String()),
      job_variables: Absent(AnyObject),
    }),
    responses: { 200: JobPreview },
    handler: async (ctx, { params, body }) => {
      const { deployment_id: id = null, deployment: name = null } = body;
      if (id !== null && name !== null) {
        throw invalidField("deployment", "not together with deployment_id; give one of them");
      }
      const { pool, numbers } = ctx.transitions;
      const { variables, env, ...preview } = await previewJob(pool, numbers, {
        workPoolName: params.name,
        deployment: id ?? name,
        jobVariables: body.job_variables ?? {},
      });
      return {
        status: 200,
        body: {
          job_configuration: preview.jobConfiguration,
          variables: variables.map(({ value = null, isDeclared, isSecret, ...variable }) => ({
            ...variable,
            value,
            is_declared: isDeclared,
            is_secret: isSecret,
          })),
          env: env.map(({ value = null, ...variable }) => ({ ...variable, value })),
          references: preview.references,
          refusal: preview.refusal,
        },
      };
    },
  }),
];
