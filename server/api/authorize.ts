import { createHash, timingSafeEqual } from "node:crypto";
import { AppError } from "#shared/errors.ts";

/** The secrets callers must know. All undefined: everybody is let in. */
export interface Secrets {
  /** Good for everything. */
  readonly apiKey: string | undefined;
  /** `user:password` of HTTP's basic authentication; good for everything. */
  readonly authString?: string | undefined;
  /** Good for what agents do, and nothing else. */
  readonly agentToken: string | undefined;
}

/** What a call asks for: probes of health are open, agents may use their own service only. */
export type Audience = "anyone" | "agents" | "clients";

/** Lets a call through by returning null, or says why not. */
export type Authorize = (audience: Audience, authorization: string | undefined) => AppError | null;

/**
 * The one decision on who may call what, for both faces. `authorization` is the header's value.
 * Secrets are compared by their hashes in constant time, so that timing tells nothing about them.
 */
export function createAuthorize(secrets: Secrets): Authorize {
  const apiKey = digest(secrets.apiKey);
  const agentToken = digest(secrets.agentToken);
  const authString = digest(secrets.authString);
  const isOpen = apiKey === null && agentToken === null && authString === null;
  return (audience, authorization) => {
    if (audience === "anyone" || isOpen) return null;
    const basic = digest(readBasic(authorization));
    if (basic !== null && authString !== null && timingSafeEqual(basic, authString)) return null;
    const given = digest(/^bearer +(\S+) *$/i.exec(authorization ?? "")?.[1]) ?? basic;
    if (given === null) {
      return new AppError(
        "unauthenticated",
        "This control plane asks for a key: send it as 'authorization: Bearer KEY' (SLUICE_API_KEY, or SLUICE_AGENT_TOKEN for agents), or its auth string as 'authorization: Basic …'.",
      );
    }
    // Both comparisons are always made.
    const isBearer = basic === null;
    const isApiKey = apiKey !== null && timingSafeEqual(given, apiKey) && isBearer;
    const isAgentToken = agentToken !== null && timingSafeEqual(given, agentToken) && isBearer;
    if (isApiKey || (isAgentToken && audience === "agents")) return null;
    if (isAgentToken) {
      return new AppError(
        "permission_denied",
        "The agent token is good for agents only; this call needs the API key (SLUICE_API_KEY).",
      );
    }
    return new AppError(
      "unauthenticated",
      "The key or password that was sent is not the one this control plane knows; check SLUICE_API_KEY, SLUICE_AGENT_TOKEN or PREFECT_API_AUTH_STRING.",
    );
  };
}

function digest(secret: string | undefined): Buffer | null {
  return secret === undefined ? null : createHash("sha256").update(secret).digest();
}

/** The `user:password` of a header of basic authentication. */
function readBasic(authorization: string | undefined): string | undefined {
  const encoded = /^basic +([A-Za-z0-9+/_=-]+) *$/i.exec(authorization ?? "")?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, "base64").toString("utf8");
}
