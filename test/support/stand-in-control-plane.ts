import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import {
  DeploymentServiceService,
  type DeploymentServiceServer,
} from "#proto/sluice/v1/deployment_service.ts";
import {
  FlowRunServiceService,
  type FlowRunServiceServer,
} from "#proto/sluice/v1/flow_run_service.ts";
import { ServerServiceService, type ServerServiceServer } from "#proto/sluice/v1/server_service.ts";
import {
  WorkPoolServiceService,
  type WorkPoolServiceServer,
} from "#proto/sluice/v1/work_pool_service.ts";

/** The calls that are answered; all others are UNIMPLEMENTED. */
export interface StandInCalls {
  readonly flowRuns?: Partial<FlowRunServiceServer>;
  readonly deployments?: Partial<DeploymentServiceServer>;
  readonly workPools?: Partial<WorkPoolServiceServer>;
  readonly server?: Partial<ServerServiceServer>;
}

/**
 * A gRPC server on a real socket that says what a test wants said: for what a real control plane
 * says only in bad moments.
 */
export class StandInControlPlane implements AsyncDisposable {
  readonly #calls: StandInCalls;
  #server: Server | undefined;
  #port = 0;

  private constructor(calls: StandInCalls) {
    this.#calls = calls;
  }

  static async start(calls: StandInCalls): Promise<StandInControlPlane> {
    const standIn = new StandInControlPlane(calls);
    await standIn.#listen();
    return standIn;
  }

  /** What points a command line at it. */
  get environment(): { SLUICE_GRPC_URL: string; SLUICE_HOME: string } {
    return { SLUICE_GRPC_URL: this.url, SLUICE_HOME: "/nonexistent" };
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Breaks every connection and listens again on the same port. */
  async restart(): Promise<void> {
    this.#server?.forceShutdown();
    await this.#listen();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server?.forceShutdown();
  }

  async #listen(): Promise<void> {
    const server = new Server();
    const { flowRuns, deployments, workPools, server: info } = this.#calls;
    const add = (service: ServiceDefinition, calls: object | undefined): void => {
      const handlers: UntypedServiceImplementation = { ...calls };
      server.addService(service, handlers);
    };
    add(FlowRunServiceService, flowRuns);
    add(DeploymentServiceService, deployments);
    add(WorkPoolServiceService, workPools);
    add(ServerServiceService, info);
    this.#port = await new Promise<number>((resolve, reject) => {
      server.bindAsync(
        `127.0.0.1:${this.#port}`,
        ServerCredentials.createInsecure(),
        (error, port) => {
          if (error === null) resolve(port);
          else reject(error);
        },
      );
    });
    this.#server = server;
  }
}
