/** The API version that is spoken, as Prefect counts them. */
export const API_VERSION = "0.8.4";

const OLDEST = [0, 8, 0] as const;

/** Why a client's API version cannot be served; undefined if it can, or none was said. */
export function refuseApiVersion(said: string | undefined): string | undefined {
  if (said === undefined) return undefined;
  const parts = /^(\d+)\.(\d+)\.(\d+)$/.exec(said)?.slice(1).map(Number);
  if (parts === undefined) {
    return `Invalid X-PREFECT-API-VERSION header: '${said}' is no version such as ${API_VERSION}.`;
  }
  const difference = OLDEST.map((oldest, place) => (parts[place] ?? 0) - oldest).find(
    (step) => step !== 0,
  );
  if (difference === undefined || difference > 0) return undefined;
  return `This client speaks API version ${said}, which is older than ${OLDEST.join(".")}; upgrade the client.`;
}
