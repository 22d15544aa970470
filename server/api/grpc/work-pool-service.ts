import type { WorkPool, WorkPoolServiceServer } from "#proto/sluice/v1/work_pool_service.ts";
import { workPoolNotFound } from "#server/domain/not-found.ts";
import { listAgents } from "#server/store/agents.ts";
import { findWorkPool, getWorkPool, listWorkPools } from "#server/store/work-pools.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import { configurePoolStorage } from "#server/transitions/configure-pool-storage.ts";
import { createWorkPool } from "#server/transitions/create-work-pool.ts";
import { deleteAgent } from "#server/transitions/delete-agent.ts";
import { deleteWorkPool } from "#server/transitions/delete-work-pool.ts";
import { updateWorkPool } from "#server/transitions/update-work-pool.ts";
import { invalidField } from "#shared/errors.ts";
import { bytesIn, MOMENT, pageSize, readPageToken, toPage, writePageToken } from "./page-token.ts";
import type { Unary } from "./unary.ts";
import { createWorkPoolInsights } from "./work-pool-insights.ts";
import {
  readLostPolicy,
  readStorage,
  readStorageProvider,
  writeAgent,
  writeWorkPool,
} from "./work-pool-messages.ts";

/** sluice.v1.WorkPoolService. */
export function createWorkPoolService(ctx: TransitionContext, unary: Unary): WorkPoolServiceServer {
  const { pool: db, numbers } = ctx;

  const readWorkPool = async (name: string): Promise<WorkPool> => {
    const found = await getWorkPool(db, name, numbers);
    if (found !== undefined) return writeWorkPool(found);
    throw workPoolNotFound(name);
  };

  return {
    ...createWorkPoolInsights(ctx, unary),

    createWorkPool: unary(async (request) => {
      await createWorkPool(ctx, {
        name: request.name,
        type: request.type,
        description: request.description,
        baseJobTemplate: request.baseJobTemplateJson,
        isPaused: request.isPaused,
        concurrencyLimit: request.concurrencyLimit ?? null,
        lostPolicy: readLostPolicy(request.lostPolicy),
        lostAfterSeconds: request.lostAfterSeconds,
        storage: readStorage(request.storageConfiguration),
      });
      return { workPool: await readWorkPool(request.name) };
    }),

    getWorkPool: unary(async ({ name }) => {
      const found = await findWorkPool(db, name, numbers);
      if (found === undefined) throw workPoolNotFound(name);
      return { workPool: writeWorkPool(found) };
    }),

    listWorkPools: unary(async (request) => {
      const size = pageSize(request.pageSize);
      const [after = null] = readPageToken("pools", request.pageToken, [""]) ?? [];
      const read = await listWorkPools(db, { limit: size + 1, after }, numbers);
      const { rows, nextPageToken } = toPage(
        read,
        size,
        ({ baseJobTemplate, description }) => bytesIn(baseJobTemplate, description),
        ({ name }) => writePageToken("pools", [name]),
      );
      return { workPools: rows.map(writeWorkPool), nextPageToken };
    }),

    updateWorkPool: unary(async (request) => {
      if (request.clearConcurrencyLimit && request.concurrencyLimit !== undefined) {
        throw invalidField(
          "clear_concurrency_limit",
          "not together with concurrency_limit; set a limit or remove it",
        );
      }
      await updateWorkPool(ctx, request.name, {
        description: request.description,
        isPaused: request.isPaused,
        concurrencyLimit: request.clearConcurrencyLimit ? null : request.concurrencyLimit,
        baseJobTemplate: request.baseJobTemplateJson,
        storage: readStorage(request.storageConfiguration),
        ageingSeconds: request.ageingSeconds === 0 ? null : request.ageingSeconds,
      });
      return { workPool: await readWorkPool(request.name) };
    }),

    configureStorage: unary(async (request) => {
      await configurePoolStorage(ctx, request.name, {
        provider: readStorageProvider(request.provider),
        bucket: request.bucket,
        credentialsBlockName:
          request.credentialsBlockName === "" ? null : request.credentialsBlockName,
        uploadLauncher: request.uploadLauncher,
        executionLauncher: request.executionLauncher,
      });
      return { workPool: await readWorkPool(request.name) };
    }),

    deleteWorkPool: unary(async ({ name }) => {
      await deleteWorkPool(ctx, name);
      return {};
    }),

    deleteAgent: unary(async ({ workPoolName, name }) => {
      await deleteAgent(ctx, workPoolName, name);
      return {};
    }),

    listAgents: unary(async (request) => {
      const size = pageSize(request.pageSize);
      const key = readPageToken("agents", request.pageToken, [MOMENT, ""]);
      const filter = {
        workPoolName: request.workPoolName === "" ? null : request.workPoolName,
        limit: size + 1,
        after: key === null ? null : { lastSeenAt: key[0], id: key[1] },
      };
      if (filter.workPoolName !== null) await readWorkPool(filter.workPoolName);
      const { rows, nextPageToken } = toPage(
        await listAgents(db, filter, numbers),
        size,
        () => 0,
        ({ lastSeenAt, id }) => writePageToken("agents", [lastSeenAt, id]),
      );
      return { agents: rows.map(writeAgent), nextPageToken };
    }),
  };
}
