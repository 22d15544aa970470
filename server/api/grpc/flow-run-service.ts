import type { FlowRun } from "#proto/sluice/v1/flow_run.ts";
import type {
  CreateFlowRunRequest,
  CreateFlowRunResult,
  FlowRunServiceServer,
} from "#proto/sluice/v1/flow_run_service.ts";
import { flowRunNotFound } from "#server/domain/not-found.ts";
import { listAttempts } from "#server/store/attempts.ts";
import { listFlowRunStates } from "#server/store/flow-run-states.ts";
import {
  type FlowRunView,
  type IdRange,
  getFlowRun,
  getFlowRuns,
  listFlowRuns,
} from "#server/store/flow-runs.ts";
import { listLogs } from "#server/store/logs.ts";
import { cancelFlowRun } from "#server/transitions/cancel-flow-run.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import {
  type CreatedFlowRun,
  type CreateFlowRunInput,
  createFlowRuns,
} from "#server/transitions/create-flow-runs.ts";
import { GroupCommit } from "#server/transitions/group-commit.ts";
import { AppError, invalidField } from "#shared/errors.ts";
import { isUuid } from "#shared/ids.ts";
import { toRpcStatus } from "./error-mapping.ts";
import {
  readStateType,
  writeFlowRun,
  writeLogLine,
  writeState,
  writeTimeline,
} from "./flow-run-messages.ts";
import { requireFilterTargets } from "./filter-targets.ts";
import type { FlowRunWatches } from "./flow-run-watches.ts";
import { bytesIn, pageSize, readPageToken, toPage, writePageToken } from "./page-token.ts";
import type { Unary } from "./unary.ts";

/** Most runs that one call creates. */
const MAX_CREATED = 100;

/** Most lines on a page. */
const MAX_LINES = 1000;

/** sluice.v1.FlowRunService. */
export function createFlowRunService(
  ctx: TransitionContext,
  watches: FlowRunWatches,
  unary: Unary,
): FlowRunServiceServer {
  const { pool: db, numbers } = ctx;
  const creation = createTogether(ctx);

  const readFlowRun = async (field: string, id: string): Promise<FlowRun> => {
    const run = await getFlowRun(db, requireId(field, id), numbers);
    if (run !== undefined) return writeFlowRun(run);
    throw flowRunNotFound(id);
  };

  return {
    createFlowRun: unary(async (request) => {
      const answer = await creation.submit(readCreation(request));
      if (answer instanceof AppError) throw answer;
      const { run, created, warnings } = answer;
      return { flowRun: writeFlowRun(run), created, warnings: [...warnings] };
    }),

    createFlowRuns: unary(async ({ requests }) => {
      if (requests.length === 0 || requests.length > MAX_CREATED) {
        const why = `it names ${requests.length} runs; name 1 to ${MAX_CREATED} in a call`;
        throw invalidField("requests", why);
      }
      const answers = await createFlowRuns(ctx, requests.map(readCreation));
      return { results: answers.map(writeCreation) };
    }),

    getFlowRun: unary(async ({ id }) => {
      const flowRun = await readFlowRun("id", id);
      const states = await listFlowRunStates(db, flowRun.id);
      const attempts = await listAttempts(db, flowRun.id);
      return { flowRun, states: states.map(writeState), attempts: attempts.map(writeTimeline) };
    }),

    listFlowRuns: unary(async (request) => {
      const size = pageSize(request.pageSize);
      const [before = null] = readPageToken("runs", request.pageToken, [""]) ?? [];
      const filter = {
        stateTypes: request.stateTypes.map((type) => readStateType("state_types", type)),
        stateNames: request.stateNames,
        flowNames: request.flowNames,
        deployment: request.deployment === "" ? null : request.deployment,
        workPoolName: request.workPoolName === "" ? null : request.workPoolName,
        tags: request.tags,
        names: request.names,
        ids: request.idPrefix === "" ? null : readIdPrefix("id_prefix", request.idPrefix),
        limit: size + 1,
        before: before === null ? null : requireId("page_token", before),
      };
      const read = await listFlowRuns(db, filter, numbers);
      if (read.length === 0) await requireFilterTargets(ctx, filter);
      const { rows, nextPageToken } = toPage(
        read,
        size,
        ({ parameters, jobVariables, tags, stateMessage }) =>
          bytesIn(parameters, jobVariables, stateMessage, ...tags) + 500,
        ({ id }) => writePageToken("runs", [id]),
      );
      return { flowRuns: rows.map(writeFlowRun), nextPageToken };
    }),

    cancelFlowRun: unary(async ({ id }) => {
      await cancelFlowRun(ctx, requireId("id", id));
      return { flowRun: await readFlowRun("id", id) };
    }),

    listFlowRunLogs: unary(async ({ flowRunId, descending, ...page }) => {
      const size = pageSize(page.pageSize, MAX_LINES);
      const list = descending ? "lines from the end" : "lines";
      const key = readPageToken(list, page.pageToken, [0, 0]);
      const run = await readFlowRun("flow_run_id", flowRunId);
      const after = key === null ? null : { epoch: key[0], offset: key[1] };
      const read = await listLogs(db, { flowRunId: run.id, after, limit: size + 1, descending });
      const { rows, nextPageToken } = toPage(
        read,
        size,
        ({ message }) => bytesIn(message) + 50,
        ({ epoch, offset }) => writePageToken(list, [epoch, offset]),
      );
      return { lines: rows.map(writeLogLine), nextPageToken };
    }),

    watchFlowRun: (call) => watches.add(call),
  };
}

type Creation = (CreatedFlowRun & { readonly run: FlowRunView }) | AppError;

/** Creates what is asked for at the same time together, and reads it back together. */
function createTogether(ctx: TransitionContext): GroupCommit<CreateFlowRunInput, Creation> {
  return new GroupCommit({
    maxItems: MAX_CREATED,
    commit: async (inputs) => {
      const created = await createFlowRuns(ctx, inputs);
      const ids = created.flatMap((item) => (item instanceof AppError ? [] : [item.flowRunId]));
      const views = await getFlowRuns(ctx.pool, [...new Set(ids)], ctx.numbers);
      const byId = new Map(views.map((view) => [view.id, view]));
      return created.map((item) => {
        if (item instanceof AppError) return item;
        const run = byId.get(item.flowRunId);
        return run === undefined
          ? new AppError("not_found", `Flow run ${item.flowRunId} was deleted as it was created.`)
          : { ...item, run };
      });
    },
  });
}

function readCreation(request: CreateFlowRunRequest): CreateFlowRunInput {
  return {
    deployment: request.deployment,
    name: request.name === "" ? null : request.name,
    parameters: request.parametersJson,
    jobVariables: request.jobVariablesJson,
    tags: request.tags,
    idempotencyKey: request.idempotencyKey === "" ? null : request.idempotencyKey,
    scheduledTime: request.scheduledTime?.getTime() ?? null,
    workQueueName: request.workQueueName === "" ? null : request.workQueueName,
  };
}

function writeCreation(answer: CreatedFlowRun | AppError): CreateFlowRunResult {
  if (answer instanceof AppError) {
    return { outcome: { $case: "refused", value: toRpcStatus(answer) } };
  }
  return { outcome: { $case: "created", value: { ...answer, warnings: [...answer.warnings] } } };
}

function requireId(field: string, id: string): string {
  if (isUuid(id)) return id.toLowerCase();
  throw invalidField(field, `'${id}' is not a flow run id; 'sluice flow-run ls' lists them`);
}

const FIRST_ID = "00000000-0000-0000-0000-000000000000";
const LAST_ID = "ffffffff-ffff-ffff-ffff-ffffffffffff";
const SHORTEST_PREFIX = 8;

/** The ids that begin so. */
function readIdPrefix(field: string, text: string): IdRange {
  const prefix = text.toLowerCase();
  const from = prefix + FIRST_ID.slice(prefix.length);
  if (prefix.length < SHORTEST_PREFIX || !isUuid(from)) {
    const wanted = `at least ${SHORTEST_PREFIX} characters of an id`;
    throw invalidField(field, `'${text}' is not the beginning of an id; give ${wanted}`);
  }
  return { from, to: prefix + LAST_ID.slice(prefix.length) };
}
