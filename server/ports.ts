import { createServer } from "node:net";
import { AppError, messageOf } from "#shared/errors.ts";

/**
 * Throws unless the port can be listened on now. Asked before anything is started, so that nothing
 * is left half-started when it cannot.
 */
export async function requireFreePort(host: string, port: number, flag: string): Promise<void> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
  } catch (error) {
    throw explainPort(error, host, port, flag);
  }
  await new Promise<void>((resolve) => server.close(() => resolve()));
}

/** Says what is wrong with a port, and the way out. */
export function explainPort(error: unknown, host: string, port: number, flag: string): AppError {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "EADDRINUSE") {
    return new AppError(
      "invalid_argument",
      `Port ${port} on ${host} is in use, maybe by another control plane; stop that or choose another with --${flag}.`,
      { cause: error },
    );
  }
  return new AppError(
    "invalid_argument",
    `Cannot listen on port ${port} of ${host} (${messageOf(error)}); choose another with --${flag}, or another address with --host.`,
    { cause: error },
  );
}
