/** The image of a container whose pool, deployment and run name none. */
export const DEFAULT_IMAGE = "prefecthq/prefect:3-latest";
