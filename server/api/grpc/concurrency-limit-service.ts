import type {
  ConcurrencyLimit,
  ConcurrencyLimitServiceServer,
} from "#proto/sluice/v1/concurrency_limit_service.ts";
import { concurrencyLimitNotFound } from "#server/domain/concurrency-limit.ts";
import {
  type ConcurrencyLimitView,
  getConcurrencyLimit,
  listConcurrencyLimits,
} from "#server/store/concurrency-limits.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { createConcurrencyLimit } from "#server/transitions/create-concurrency-limit.ts";
import { deleteConcurrencyLimit } from "#server/transitions/delete-concurrency-limit.ts";
import { updateConcurrencyLimit } from "#server/transitions/update-concurrency-limit.ts";
import { requireStorableText } from "#shared/storable-text.ts";
import { writeTime } from "./flow-run-messages.ts";
import { pageSize, readPageToken, toPage, writePageToken } from "./page-token.ts";
import type { Unary } from "./unary.ts";

/** sluice.v1.ConcurrencyLimitService. */
export function createConcurrencyLimitService(
  ctx: TransitionContext,
  unary: Unary,
): ConcurrencyLimitServiceServer {
  const readLimit = async (idOrName: string): Promise<ConcurrencyLimit> => {
    requireStorableText("id_or_name", idOrName);
    const found = await getConcurrencyLimit(ctx.pool, idOrName);
    if (found !== undefined) return writeLimit(found);
    throw concurrencyLimitNotFound(idOrName);
  };

  return {
    createConcurrencyLimit: unary(async (request) => {
      const id = await createConcurrencyLimit(ctx, {
        name: request.name,
        limit: request.limit,
        active: request.active ?? true,
        slotsHeld: request.slotsHeld,
        slotDecayPerSecond: request.slotDecayPerSecond,
        deniedSlots: 0,
      });
      return { concurrencyLimit: await readLimit(id) };
    }),

    getConcurrencyLimit: unary(async ({ idOrName }) => ({
      concurrencyLimit: await readLimit(idOrName),
    })),

    listConcurrencyLimits: unary(async (request) => {
      const size = pageSize(request.pageSize);
      const [after = null] = readPageToken("limits", request.pageToken, [""]) ?? [];
      const { rows, nextPageToken } = toPage(
        await listConcurrencyLimits(ctx.pool, { limit: size + 1, after }),
        size,
        () => 0,
        ({ name }) => writePageToken("limits", [name]),
      );
      return { concurrencyLimits: rows.map(writeLimit), nextPageToken };
    }),

    updateConcurrencyLimit: unary(async (request) => {
      const id = await updateConcurrencyLimit(ctx, request.idOrName, {
        name: request.name,
        limit: request.limit,
        active: request.active,
        slotsHeld: request.slotsHeld,
        slotDecayPerSecond: request.slotDecayPerSecond,
      });
      return { concurrencyLimit: await readLimit(id) };
    }),

    deleteConcurrencyLimit: unary(async ({ idOrName }) => {
      await deleteConcurrencyLimit(ctx, idOrName);
      return {};
    }),
  };
}

function writeLimit(view: ConcurrencyLimitView): ConcurrencyLimit {
  return {
    id: view.id,
    name: view.name,
    limit: view.limit,
    active: view.active,
    slotsHeld: view.slotsHeld,
    slotDecayPerSecond: view.slotDecayPerSecond,
    deniedSlots: view.deniedSlots,
    avgSlotOccupancySeconds: view.avgSlotOccupancySeconds,
    createdAt: writeTime(view.createdAt),
    updatedAt: writeTime(view.updatedAt),
  };
}
