import type { WorkPoolServiceServer } from "#proto/sluice/v1/work_pool_service.ts";
import { workPoolNotFound } from "#server/domain/not-found.ts";
import { previewJob } from "#server/api/preview-job.ts";
import { listUpcomingRuns } from "#server/store/upcoming-runs.ts";
import { readPoolSlots } from "#server/store/work-pool-slots.ts";
import { getWorkPool } from "#server/store/work-pools.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { invalidField } from "#shared/errors.ts";
import { parseJsonObject } from "#shared/json.ts";
import { defaultBaseJobTemplate, workerTypes } from "#shared/worker-types/worker-types.ts";
import { MOMENT, pageSize, readPageToken, toPage, writePageToken } from "./page-token.ts";
import type { Unary } from "./unary.ts";
import {
  writeJobPreview,
  writePoolSlots,
  writeUpcomingRun,
  writeWorkerType,
} from "./work-pool-insight-messages.ts";

const DEFAULT_HOLDERS = 10;
const MOST_HOLDERS = 200;
const DEFAULT_HOURS = 1;
/** A hundred years: beyond it no time can be reckoned with. */
const MOST_HOURS = 876_600;

type Insights = Pick<
  WorkPoolServiceServer,
  | "listWorkerTypes"
  | "getDefaultBaseJobTemplate"
  | "getWorkPoolSlots"
  | "previewRuns"
  | "previewJob"
>;

/** What of sluice.v1.WorkPoolService only looks. */
export function createWorkPoolInsights(ctx: TransitionContext, unary: Unary): Insights {
  const { pool: db, numbers } = ctx;
  return {
    listWorkerTypes: unary(async () => ({ workerTypes: workerTypes().map(writeWorkerType) })),

    getDefaultBaseJobTemplate: unary(async ({ type }) => ({
      baseJobTemplateJson: JSON.stringify(defaultBaseJobTemplate(type)),
    })),

    getWorkPoolSlots: unary(async ({ name, holdersPerQueue }) => {
      if (holdersPerQueue < 0 || holdersPerQueue > MOST_HOLDERS) {
        throw invalidField(
          "holders_per_queue",
          `${holdersPerQueue} is out of range; ask for 1 to ${MOST_HOLDERS}, or 0 for ${DEFAULT_HOLDERS}`,
        );
      }
      const slots = await readPoolSlots(db, name, holdersPerQueue || DEFAULT_HOLDERS);
      if (slots === undefined) throw workPoolNotFound(name);
      return writePoolSlots(slots);
    }),

    previewRuns: unary(async (request) => {
      const hours = request.hours ?? DEFAULT_HOURS;
      if (!(hours >= 0 && hours <= MOST_HOURS)) {
        throw invalidField("hours", `${hours} is out of range; give 0 to ${MOST_HOURS}`);
      }
      const size = pageSize(request.pageSize);
      const key = readPageToken("upcoming", request.pageToken, [0, MOMENT, ""]);
      const pool = await getWorkPool(db, request.name, numbers);
      if (pool === undefined) throw workPoolNotFound(request.name);
      const read = await listUpcomingRuns(db, pool.id, {
        withinSeconds: hours * 3600,
        limit: size + 1,
        after: key === null ? null : { priority: key[0], dueAt: key[1], id: key[2] },
      });
      const { rows, nextPageToken } = toPage(
        read,
        size,
        () => 0,
        ({ priority, dueAt, id }) => writePageToken("upcoming", [priority, dueAt, id]),
      );
      return { runs: rows.map(writeUpcomingRun), nextPageToken };
    }),

    previewJob: unary(async ({ name, deployment, jobVariablesJson }) =>
      writeJobPreview(
        await previewJob(db, numbers, {
          workPoolName: name,
          deployment: deployment === "" ? null : deployment,
          jobVariables: parseJsonObject("job_variables_json", jobVariablesJson),
        }),
      ),
    ),
  };
}
