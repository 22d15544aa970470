// A replica that hangs in its first sweep. Argument: the database's address.
import { startJobs } from "#server/store/jobs.ts";
import { silentLogger } from "#shared/logger.ts";

await startJobs({
  url: process.argv[2] ?? "",
  logger: silentLogger,
  handlers: {
    sweep: () => {
      process.stdout.write("sweeping\n");
      return new Promise(() => {});
    },
    partitions: async () => {},
  },
});
