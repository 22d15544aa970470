import { isJsonObject, type JsonObject, ownValue } from "#shared/json.ts";

/** Where code and results of a pool's runs are kept. What is null is not configured. */
export interface StorageConfiguration {
  /** The step by which a client uploads a bundle of code. */
  readonly bundleUploadStep: JsonObject | null;
  /** The step by which a run fetches and executes it. */
  readonly bundleExecutionStep: JsonObject | null;
  /** Id of the block that results are written by, unless a flow says otherwise. */
  readonly defaultResultStorageBlockId: string | null;
}

/** Nothing is configured. */
export const NO_STORAGE: StorageConfiguration = {
  bundleUploadStep: null,
  bundleExecutionStep: null,
  defaultResultStorageBlockId: null,
};

/** As it is stored and answered: only what is configured, by the names that Prefect gives it. */
export function writeStorage(storage: StorageConfiguration): JsonObject {
  const { bundleUploadStep, bundleExecutionStep, defaultResultStorageBlockId } = storage;
  return {
    ...(bundleUploadStep === null ? {} : { bundle_upload_step: bundleUploadStep }),
    ...(bundleExecutionStep === null ? {} : { bundle_execution_step: bundleExecutionStep }),
    ...(defaultResultStorageBlockId === null
      ? {}
      : { default_result_storage_block_id: defaultResultStorageBlockId }),
  };
}

/** What `writeStorage` wrote. */
export function readStorage(stored: JsonObject): StorageConfiguration {
  const step = (name: string): JsonObject | null => {
    const value = ownValue(stored, name);
    return isJsonObject(value) ? value : null;
  };
  const blockId = ownValue(stored, "default_result_storage_block_id");
  return {
    bundleUploadStep: step("bundle_upload_step"),
    bundleExecutionStep: step("bundle_execution_step"),
    defaultResultStorageBlockId: typeof blockId === "string" ? blockId : null,
  };
}
