import type { FlowRun } from "#proto/sluice/v1/flow_run.ts";
import type {
  ListWorkQueueSlotsRequest,
  PreviewWorkQueueRunsRequest,
} from "#proto/sluice/v1/work_queue_service.ts";
import { getFlowRuns } from "#server/store/flow-runs.ts";
import { findScheduledRuns } from "#server/store/scheduled-runs.ts";
import { findSlotHolders, type WorkQueueView } from "#server/store/work-queue-views.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { invalidField } from "#shared/errors.ts";
import { writeFlowRun } from "./flow-run-messages.ts";
import { pageSize, readPageToken, toPage, writePageToken } from "./page-token.ts";

/** Longest window of a preview: what lies further off may as well be listed. */
const MAX_WINDOW_SECONDS = 366 * 86_400;

/** A page of runs. */
export interface RunPage {
  readonly flowRuns: FlowRun[];
  readonly nextPageToken: string;
}

/** A page of the runs that hold a queue's slots. */
export function readSlotPage(
  ctx: TransitionContext,
  queue: WorkQueueView,
  request: ListWorkQueueSlotsRequest,
): Promise<RunPage> {
  return readRunPage(ctx, "slots", request, (limit, offset) =>
    findSlotHolders(ctx.pool, queue.id, { limit, offset }),
  );
}

/** A page of the runs of a queue that are due within a window. */
export function readPreviewPage(
  ctx: TransitionContext,
  queue: WorkQueueView,
  request: PreviewWorkQueueRunsRequest,
): Promise<RunPage> {
  const { windowSeconds, deliverableOnly } = request;
  if (!(windowSeconds >= 0 && windowSeconds <= MAX_WINDOW_SECONDS)) {
    throw invalidField(
      "window_seconds",
      `${windowSeconds} is out of range; give seconds from 0 to ${MAX_WINDOW_SECONDS}`,
    );
  }
  return readRunPage(ctx, "preview", request, async (limit, offset) => {
    const runs = await findScheduledRuns(ctx.pool, {
      workPoolId: queue.workPoolId,
      workQueueIds: [queue.id],
      dueBefore: new Date(Math.ceil(queue.now + windowSeconds * 1000)).toISOString(),
      dueAfter: null,
      limit,
      offset,
      heldBackToo: !deliverableOnly,
    });
    return runs.map(({ flowRunId }) => flowRunId);
  });
}

async function readRunPage(
  ctx: TransitionContext,
  list: string,
  request: { readonly pageSize: number; readonly pageToken: string },
  findIds: (limit: number, offset: number) => Promise<string[]>,
): Promise<RunPage> {
  const size = pageSize(request.pageSize);
  const [offset = 0] = readPageToken(list, request.pageToken, [0]) ?? [];
  if (!Number.isSafeInteger(offset) || offset < 0) {
    throw invalidField("page_token", "this is not a token of this list");
  }
  const ids = await findIds(size + 1, offset);
  const runs = ids.length === 0 ? [] : await getFlowRuns(ctx.pool, ids, ctx.numbers);
  const { rows } = toPage(
    runs,
    size,
    ({ parameters }) => parameters.length,
    () => "",
  );
  const more = rows.length < runs.length;
  return {
    flowRuns: rows.map(writeFlowRun),
    nextPageToken: more ? writePageToken(list, [offset + rows.length]) : "",
  };
}
