import type { Command } from "commander";
import type { Cli } from "#cli/cli.ts";

interface StartOptions {
  readonly host?: string;
  readonly port?: string;
  readonly grpcPort?: string;
  readonly dataDir?: string;
  readonly auth: boolean;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

const EXAMPLES = `
Examples:
  $ sluice server start
  $ sluice server start --port 0 --grpc-port 0 --data-dir /tmp/sluice
  $ SLUICE_DATABASE_URL=postgres://db/sluice sluice server start --host 0.0.0.0 \\
      --tls-cert cert.pem --tls-key key.pem

Every setting is also a variable; docs/configuration.md lists them.`;

/** `sluice server start`: the control plane in this process, until a signal ends it. */
export function addServerStart(group: Command, cli: Cli): void {
  group
    .command("start")
    .description("run the control plane in the foreground")
    .option("--host <host>", "address to listen on (127.0.0.1)")
    .option("--port <port>", "port of HTTP; 0: any free one (4200)")
    .option("--grpc-port <port>", "port of gRPC; 0: any free one (4201)")
    .option("--data-dir <dir>", "folder of the embedded PostgreSQL (~/.sluice/postgres)")
    .option("--no-auth", "listen on other addresses than loopback without key and token")
    .option("--tls-cert <file>", "certificate of both ports, PEM")
    .option("--tls-key <file>", "key of the certificate, PEM")
    .addHelpText("after", EXAMPLES)
    .action((options: StartOptions) => startServer(cli, options));
}

async function startServer(cli: Cli, options: StartOptions): Promise<void> {
  const { auth, ...given } = options;
  const flags = { ...given, ...(auth ? {} : { noAuth: true }) };
  // The control plane is most of this program; only the command that runs it loads it.
  const { runServer } = await import("#server/main.ts");
  const exitCode = await runServer(flags, cli.environment());
  // Everything is stopped; a connection whose other end is silent must not keep the process.
  process.exit(exitCode);
}
