import manifest from "../package.json";

/** Version of both programs; they are released together. */
export const VERSION: string = manifest.version;
