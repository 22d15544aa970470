import { LostPolicy } from "#proto/sluice/v1/lease.ts";
import {
  type Agent,
  AgentStatus,
  type StorageConfiguration,
  StorageProvider,
  type WorkPool,
  WorkPoolStatus,
} from "#proto/sluice/v1/work_pool_service.ts";
import type { LostPolicy as LostPolicyName } from "#server/domain/lost-agent.ts";
import {
  readStorage as readStoredStorage,
  type StorageConfiguration as StorageValues,
} from "#server/domain/storage-configuration.ts";
import type { StorageProvider as ProviderName } from "#server/domain/storage-provider.ts";
import type { AgentView } from "#server/store/agents.ts";
import type { WorkPoolView } from "#server/store/work-pools.ts";
import { invalidField } from "#shared/errors.ts";
import { type JsonObject, parseJsonObject } from "#shared/json.ts";
import { writeTime } from "./flow-run-messages.ts";

const POOL_STATUS = {
  READY: WorkPoolStatus.READY,
  NOT_READY: WorkPoolStatus.NOT_READY,
  PAUSED: WorkPoolStatus.PAUSED,
} as const satisfies Record<WorkPoolView["status"], WorkPoolStatus>;

const AGENT_STATUS = {
  ONLINE: AgentStatus.ONLINE,
  OFFLINE: AgentStatus.OFFLINE,
} as const satisfies Record<AgentView["status"], AgentStatus>;

const LOST_POLICIES = {
  crash: LostPolicy.CRASH,
  keep: LostPolicy.KEEP,
  reschedule: LostPolicy.RESCHEDULE,
} as const satisfies Record<LostPolicyName, LostPolicy>;

/** A loss policy as the rules call it; undefined if none was given. Refuses one it does not know. */
export function readLostPolicy(policy: LostPolicy): LostPolicyName | undefined {
  switch (policy) {
    case LostPolicy.CRASH:
      return "crash";
    case LostPolicy.KEEP:
      return "keep";
    case LostPolicy.RESCHEDULE:
      return "reschedule";
    case LostPolicy.UNSPECIFIED:
      return undefined;
    case LostPolicy.UNRECOGNIZED:
      throw invalidField(
        "lost_policy",
        "this control plane knows only LOST_POLICY_CRASH, LOST_POLICY_KEEP and LOST_POLICY_RESCHEDULE",
      );
  }
}

/** Whose bucket is meant. Refuses one it does not know. */
export function readStorageProvider(provider: StorageProvider): ProviderName {
  switch (provider) {
    case StorageProvider.S3:
      return "s3";
    case StorageProvider.GCS:
      return "gcs";
    case StorageProvider.AZURE_BLOB_STORAGE:
      return "azure-blob-storage";
    case StorageProvider.UNSPECIFIED:
    case StorageProvider.UNRECOGNIZED:
      throw invalidField(
        "provider",
        "this control plane knows STORAGE_PROVIDER_S3, STORAGE_PROVIDER_GCS and STORAGE_PROVIDER_AZURE_BLOB_STORAGE",
      );
  }
}

/** A pool as it is shown. */
export function writeWorkPool(view: WorkPoolView): WorkPool {
  return {
    id: view.id,
    name: view.name,
    type: view.type,
    description: view.description ?? "",
    baseJobTemplateJson: view.baseJobTemplate,
    isPaused: view.isPaused,
    concurrencyLimit: view.concurrencyLimit ?? undefined,
    status: POOL_STATUS[view.status],
    slotsHeld: view.slotsHeld,
    waitingRuns: view.waitingRuns,
    agentsOnline: view.agentsOnline,
    createdAt: writeTime(view.createdAt),
    lostPolicy: LOST_POLICIES[view.lostPolicy],
    lostAfterSeconds: view.lostAfterSeconds,
    ageingSeconds: view.ageingSeconds ?? undefined,
    storageConfiguration: writeStorage(view.storageConfiguration),
    updatedAt: writeTime(view.updatedAt),
  };
}

/** What a request says of the storage; undefined if it says nothing. */
export function readStorage(message: StorageConfiguration | undefined): StorageValues | undefined {
  if (message === undefined) return undefined;
  const step = (field: string, text: string | undefined): JsonObject | null =>
    text === undefined ? null : parseJsonObject(`storage_configuration.${field}`, text);
  return {
    bundleUploadStep: step("bundle_upload_step_json", message.bundleUploadStepJson),
    bundleExecutionStep: step("bundle_execution_step_json", message.bundleExecutionStepJson),
    defaultResultStorageBlockId: message.defaultResultStorageBlockId ?? null,
  };
}

function writeStorage(stored: string): StorageConfiguration {
  const storage = readStoredStorage(parseJsonObject("storage_configuration", stored));
  const { bundleUploadStep, bundleExecutionStep, defaultResultStorageBlockId } = storage;
  const text = (step: JsonObject | null): string | undefined =>
    step === null ? undefined : JSON.stringify(step);
  return {
    bundleUploadStepJson: text(bundleUploadStep),
    bundleExecutionStepJson: text(bundleExecutionStep),
    defaultResultStorageBlockId: defaultResultStorageBlockId ?? undefined,
  };
}

/** An agent as it is shown. */
export function writeAgent(view: AgentView): Agent {
  return {
    id: view.id,
    name: view.name,
    workPoolName: view.workPoolName,
    type: view.type,
    status: AGENT_STATUS[view.status],
    limit: view.limit ?? undefined,
    slotsHeld: view.slotsHeld,
    workQueueNames: [...view.workQueueNames],
    version: view.version,
    hostname: view.hostname,
    lastSeenAt: writeTime(view.lastSeenAt),
    createdAt: writeTime(view.createdAt),
  };
}
