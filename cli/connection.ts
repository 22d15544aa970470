import { readFileSync } from "node:fs";
import { grpcUrlFrom, httpUrlFrom } from "#shared/control-plane-address.ts";
import { type TlsIdentity, tlsIdentityOf } from "#shared/tls-identity.ts";
import { usageError } from "./cli-error.ts";
import type { Environment } from "./profiles.ts";

/** How to reach the control plane. */
export interface Connection {
  /** As given, for people. */
  readonly url: string;
  /** `host:port`, as gRPC wants it. */
  readonly target: string;
  /** Whether only this machine is reached. */
  readonly loopback: boolean;
  readonly tls: { readonly ca: Buffer | undefined; readonly identity: TlsIdentity } | undefined;
  /** Sent as a bearer token; never shown. */
  readonly apiKey: string | undefined;
  /** True if the gRPC address was derived from the HTTP address. */
  readonly onlyHttpChosen: boolean;
}

const DEFAULT_PORT = "4201";

/** The connection that the variables describe. Throws a CliError that names the variable. */
export function connectionOf(environment: Environment): Connection {
  const url = grpcUrlFrom(environment["SLUICE_GRPC_URL"], environment["SLUICE_API_URL"]);
  const address = parseAddress(url);
  const secure = address.protocol === "https:";
  const caFile = environment["SLUICE_TLS_CA_FILE"] || undefined;
  return {
    url,
    target: `${address.hostname}:${address.port || (secure ? "443" : DEFAULT_PORT)}`,
    loopback: ["127.0.0.1", "localhost", "[::1]"].includes(address.hostname),
    tls: secure
      ? {
          ca: caFile === undefined ? undefined : readCa(caFile),
          identity: tlsIdentityOf(address.hostname),
        }
      : undefined,
    apiKey: apiKeyOf(environment),
    onlyHttpChosen: Boolean(environment["SLUICE_API_URL"]) && !environment["SLUICE_GRPC_URL"],
  };
}

/** How to reach the REST API of the control plane. */
export interface RestConnection {
  /** Scheme, host and port. */
  readonly url: string;
  /** Certificates to trust; undefined: the usual ones. */
  readonly ca: Buffer | undefined;
  /** Sent as a bearer token; never shown. */
  readonly apiKey: string | undefined;
}

/** The same for the REST API. Throws a CliError that names the variable. */
export function restConnectionOf(environment: Environment): RestConnection {
  const url = httpUrlFrom(environment["SLUICE_API_URL"], environment["SLUICE_GRPC_URL"]);
  const chosen = environment["SLUICE_API_URL"] ? "SLUICE_API_URL" : "SLUICE_GRPC_URL";
  const { protocol } = parseAddress(url, chosen);
  const caFile = environment["SLUICE_TLS_CA_FILE"] || undefined;
  return {
    url,
    ca: protocol === "https:" && caFile !== undefined ? readCa(caFile) : undefined,
    apiKey: apiKeyOf(environment),
  };
}

function parseAddress(url: string, variable = "SLUICE_GRPC_URL"): URL {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  const known = address?.protocol === "http:" || address?.protocol === "https:";
  if (address === undefined || !known || address.hostname === "") {
    throw usageError(
      `${variable}: '${url}' is not an address; write http://HOST:PORT, or https://HOST:PORT for TLS`,
    );
  }
  if (address.pathname !== "/" || address.username !== "" || address.search !== "") {
    throw usageError(`${variable}: only scheme, host and port are allowed in it`);
  }
  return address;
}

function readCa(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usageError(`SLUICE_TLS_CA_FILE: ${path} cannot be read: ${why}`);
  }
}

function apiKeyOf(environment: Environment): string | undefined {
  const key = environment["SLUICE_API_KEY"]?.trim();
  if (!key) return undefined;
  if (!/^[\u0021-\u007e]+$/.test(key)) {
    throw usageError(
      "SLUICE_API_KEY: holds characters that a key cannot hold; only visible ASCII is allowed",
    );
  }
  return key;
}
