import { readFileSync } from "node:fs";
import { AppError, invalidField, messageOf } from "#shared/errors.ts";

/** A certificate chain and its key, in PEM. */
export interface TlsFiles {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Reads both files; null if neither is given. Throws an AppError that names what is wrong. */
export function readTlsFiles(cert: string | undefined, key: string | undefined): TlsFiles | null {
  if (cert === undefined && key === undefined) return null;
  if (cert === undefined || key === undefined) {
    const [missing, given] =
      cert === undefined ? ["--tls-cert", "--tls-key"] : ["--tls-key", "--tls-cert"];
    throw invalidField(
      missing,
      `is missing; ${given} needs it, TLS takes a certificate and its key`,
    );
  }
  return { cert: read("--tls-cert", cert), key: read("--tls-key", key) };
}

function read(flag: string, path: string): Buffer {
  try {
    const content = readFileSync(path);
    if (content.includes("-----BEGIN ")) return content;
  } catch (error) {
    throw new AppError("invalid_argument", `${flag}: cannot read '${path}': ${messageOf(error)}`);
  }
  throw invalidField(flag, `'${path}' is not a PEM file`);
}
