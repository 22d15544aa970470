import type { StorageConfiguration } from "#server/domain/storage-configuration.ts";
import { invalidField } from "#shared/errors.ts";
import { isUuid } from "#shared/ids.ts";
import { requireStorableJson } from "#shared/storable-text.ts";

/** Refuses what cannot be stored, and a block that is named by no id. */
export function requireStorage(field: string, storage: StorageConfiguration): void {
  const { bundleUploadStep, bundleExecutionStep, defaultResultStorageBlockId: blockId } = storage;
  requireStorableJson(`${field}.bundle_upload_step`, bundleUploadStep);
  requireStorableJson(`${field}.bundle_execution_step`, bundleExecutionStep);
  if (blockId === null || isUuid(blockId)) return;
  throw invalidField(
    `${field}.default_result_storage_block_id`,
    `'${blockId}' is not a UUID; give the id of a block document`,
  );
}
