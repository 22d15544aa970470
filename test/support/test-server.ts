import { credentials } from "@grpc/grpc-js";
import { AgentServiceClient } from "#proto/sluice/v1/agent_service.ts";
import { type RunningServer, startServer } from "#server/compose.ts";
import { readServerConfig } from "#server/config.ts";
import { silentLogger } from "#shared/logger.ts";
import { Client } from "./client.ts";
import { FaultyLink, type LinkTarget } from "./faulty-link.ts";
import { type TestDatabase, testDatabase } from "./postgres.ts";
import { SessionStream } from "./session-stream.ts";

/** A control plane in this process, on a database of its own. */
export class TestServer implements AsyncDisposable {
  readonly database: TestDatabase;
  /** What lies between the server and its database. */
  readonly databaseLink: FaultyLink;
  readonly client: Client;
  readonly #server: RunningServer;
  readonly #agents: AgentServiceClient;

  private constructor(
    database: TestDatabase,
    link: FaultyLink,
    server: RunningServer,
    apiKey: string | undefined,
  ) {
    this.database = database;
    this.databaseLink = link;
    this.#server = server;
    this.client = new Client({
      address: this.address,
      ...(apiKey === undefined ? {} : { apiKey }),
    });
    this.#agents = new AgentServiceClient(this.address, credentials.createInsecure());
  }

  /** Starts one; `environment` as for the program. */
  static async start(environment: Readonly<Record<string, string>> = {}): Promise<TestServer> {
    const database = await testDatabase();
    const link = await FaultyLink.open(socketOf(database.url));
    const { pathname, username } = new URL(database.url);
    const config = readServerConfig(
      { port: 0, grpcPort: 0 },
      {
        SLUICE_DATABASE_URL: `postgres://${username}@127.0.0.1:${link.port}${pathname}`,
        ...environment,
      },
    );
    const server = await startServer(config, silentLogger);
    return new TestServer(database, link, server, environment["SLUICE_SERVER_API_KEY"]);
  }

  /** Where gRPC is served. */
  get address(): string {
    return `127.0.0.1:${this.#server.grpcPort}`;
  }

  /** Where HTTP is served. */
  get url(): string {
    return `http://127.0.0.1:${this.#server.httpPort}`;
  }

  /** A client of the agents' service. */
  get agents(): AgentServiceClient {
    return this.#agents;
  }

  /** A new stream, on which nothing was said yet. */
  session(): SessionStream {
    return new SessionStream(this.#agents);
  }

  /** Stops it as a signal would. */
  async stop(): Promise<void> {
    await this.#server.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client[Symbol.dispose]();
    this.#agents.close();
    await this.#server.stop();
    await this.databaseLink[Symbol.asyncDispose]();
    await this.database.drop();
  }
}

/** Where the database listens: the test server's own socket, or a given server's port. */
function socketOf(databaseUrl: string): LinkTarget {
  const url = new URL(databaseUrl);
  const directory = url.searchParams.get("host");
  const port = Number(url.searchParams.get("port") ?? (url.port || 5432));
  return directory === null ? { port } : { path: `${directory}/.s.PGSQL.${port}` };
}
