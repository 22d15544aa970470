import type { Secrets } from "#server/api/authorize.ts";
import { invalidField } from "#shared/errors.ts";

/**
 * Refuses to be open to the network, unless there are secrets for clients and for agents, or somebody
 * said so in as many words.
 */
export function requireAuth(host: string, noAuth: boolean, secrets: Secrets): void {
  const { apiKey, agentToken, authString } = secrets;
  const forClients = apiKey ?? authString;
  if (noAuth && (forClients ?? agentToken) !== undefined) {
    throw invalidField(
      "--no-auth",
      "SLUICE_SERVER_API_KEY, SLUICE_SERVER_AUTH_STRING or SLUICE_SERVER_AGENT_TOKEN is set; leave one or the other out",
    );
  }
  const complete = forClients !== undefined && agentToken !== undefined;
  if (noAuth || complete || isLoopback(host)) return;
  throw invalidField(
    "--host",
    `'${host}' can be reached by other machines; set SLUICE_SERVER_API_KEY (or SLUICE_SERVER_AUTH_STRING) and SLUICE_SERVER_AGENT_TOKEN, or say --no-auth to let everybody in`,
  );
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Refuses an auth string that is none; its value is never shown. */
export function checkAuthString(authString: string | undefined): string | undefined {
  if (authString === undefined || authString.includes(":")) return authString;
  throw invalidField("SLUICE_SERVER_AUTH_STRING", "it has no colon; give it as user:password");
}
