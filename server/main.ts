import { AppError, messageOf } from "#shared/errors.ts";
import { armFailpoints } from "#shared/failpoints.ts";
import { createLogger, type Logger } from "#shared/logger.ts";
import { errorLine, EXIT_ERROR, EXIT_USAGE } from "#shared/program-errors.ts";
import { VERSION } from "#shared/version.ts";
import { type RunningServer, startServer } from "./compose.ts";
import { readLogSettings, readServerConfig, type ServerConfig } from "./config.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Runs a control plane until a signal ends it. `flags` are by setting name. Answers the exit code:
 * 0 after an orderly end, 1 if it could not start or broke, 2 if flags or environment are wrong.
 */
export async function runServer(
  flags: Readonly<Record<string, unknown>>,
  environment: Environment,
): Promise<number> {
  armFailpoints(environment["SLUICE_FAILPOINTS"], environment["SLUICE_FAILPOINT_DIR"]);
  let logger: Logger;
  let config: ServerConfig;
  try {
    const write = (line: string): void => void process.stderr.write(`${line}\n`);
    logger = createLogger({ ...readLogSettings(environment), write });
    config = readServerConfig(flags, environment);
  } catch (error) {
    return complain(error, EXIT_USAGE);
  }
  const ending = awaitEnd(logger);
  let server: RunningServer;
  try {
    server = await startServer(config, logger);
  } catch (error) {
    return complain(error, EXIT_ERROR);
  }
  process.stdout.write(`${readyLine(config, server)}\n`);
  const exitCode = await ending;
  await server.stop();
  logger.info("the control plane has stopped");
  return exitCode;
}

/**
 * Resolves with the exit code at the first signal, or when something broke that nobody caught. A
 * second signal ends the program at once.
 */
function awaitEnd(logger: Logger): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let signals = 0;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      signals += 1;
      if (signals > 1) process.exit(EXIT_ERROR);
      logger.info("shutting down; a second signal ends it at once", { signal });
      resolve(0);
    });
  }
  const broke = (error: unknown): void => {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    logger.error("the control plane broke and ends", { error: text });
    resolve(EXIT_ERROR);
  };
  process.on("unhandledRejection", broke);
  process.on("uncaughtException", broke);
  return promise;
}

/** The line by which people and scripts see that it serves, and where. */
function readyLine(config: ServerConfig, { httpPort, grpcPort, database }: RunningServer): string {
  const host = config.host.includes(":") ? `[${config.host}]` : config.host;
  const scheme = config.tls === null ? "http" : "https";
  return `sluice ${VERSION} ready: ${scheme}://${host}:${httpPort} · grpc ${host}:${grpcPort} · ${database}`;
}

function complain(error: unknown, exitCode: number): number {
  const told = error instanceof AppError ? error : `cannot start: ${messageOf(error)}`;
  process.stderr.write(`${errorLine(told)}\n`);
  return exitCode;
}
