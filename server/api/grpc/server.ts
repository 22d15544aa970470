import { Server, ServerCredentials } from "@grpc/grpc-js";
import { HealthService } from "#proto/grpc/health/v1/health.ts";
import { ServerReflectionService } from "#proto/grpc/reflection/v1/reflection.ts";
import { ServerReflectionService as ServerReflectionServiceAlpha } from "#proto/grpc/reflection/v1alpha/reflection.ts";
import { AgentServiceService } from "#proto/sluice/v1/agent_service.ts";
import { ConcurrencyLimitServiceService } from "#proto/sluice/v1/concurrency_limit_service.ts";
import { DeploymentServiceService } from "#proto/sluice/v1/deployment_service.ts";
import { FlowRunServiceService } from "#proto/sluice/v1/flow_run_service.ts";
import {
  type GetServerInfoResponse,
  ServerServiceService,
} from "#proto/sluice/v1/server_service.ts";
import { WorkPoolServiceService } from "#proto/sluice/v1/work_pool_service.ts";
import { WorkQueueServiceService } from "#proto/sluice/v1/work_queue_service.ts";
import type { Authorize } from "#server/api/authorize.ts";
import type { TlsFiles } from "#server/api/tls-files.ts";
import type { TransitionContext } from "#server/transitions/context.ts";
import type { Logger } from "#shared/logger.ts";
import { createAgentService } from "./agent-service.ts";
import type { SessionNumbers } from "./agent-session.ts";
import type { AgentSessions } from "./agent-sessions.ts";
import { createAuthInterceptor } from "./auth-interceptor.ts";
import { createConcurrencyLimitService } from "./concurrency-limit-service.ts";
import { createDeploymentService } from "./deployment-service.ts";
import { createFlowRunService } from "./flow-run-service.ts";
import { FlowRunWatches } from "./flow-run-watches.ts";
import { createHealthService, Health } from "./health-service.ts";
import { LogIntake } from "./log-intake.ts";
import { createReflectionService } from "./reflection-service.ts";
import { createServerService } from "./server-service.ts";
import { createSessionCommits } from "./session-commits.ts";
import { createUnary } from "./unary.ts";
import { createWorkPoolService } from "./work-pool-service.ts";
import { createWorkQueueService } from "./work-queue-service.ts";

/** How to serve gRPC. */
export interface GrpcServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  /** Null: without TLS. */
  readonly tls: TlsFiles | null;
  readonly authorize: Authorize;
  readonly ctx: TransitionContext;
  readonly sessions: AgentSessions;
  readonly sessionNumbers: SessionNumbers;
  readonly info: GetServerInfoResponse;
  /** How long agents may take to leave when the server stops. Milliseconds. */
  readonly drainMs: number;
  readonly logger: Logger;
}

/** The gRPC face of a replica. */
export interface GrpcServer {
  readonly port: number;
  readonly health: Health;
  /**
   * Says NOT_SERVING, asks agents to reconnect elsewhere, waits for them, then ends every stream
   * and closes the port.
   */
  stop(): Promise<void>;
}

/** Finds peers that are gone without a word; a stream on a dead connection would never end. */
const CHANNEL_OPTIONS = {
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.max_receive_message_length": 4 * 1024 * 1024,
};

/** Serves all services on one port. Throws if the port cannot be had. */
export async function startGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { ctx, sessions, logger } = options;
  const health = new Health();
  const watches = new FlowRunWatches(ctx);
  const logIntake = new LogIntake(ctx);
  const unary = createUnary(logger);
  const server = new Server({
    ...CHANNEL_OPTIONS,
    interceptors: [createAuthInterceptor(options.authorize)],
  });
  const around = { commits: createSessionCommits(ctx), numbers: options.sessionNumbers, logger };
  server.addService(
    AgentServiceService,
    createAgentService({ ctx, sessions, around, logIntake, logger }),
  );
  server.addService(WorkPoolServiceService, createWorkPoolService(ctx, unary));
  server.addService(WorkQueueServiceService, createWorkQueueService(ctx, unary));
  server.addService(DeploymentServiceService, createDeploymentService(ctx, unary));
  server.addService(ConcurrencyLimitServiceService, createConcurrencyLimitService(ctx, unary));
  server.addService(FlowRunServiceService, createFlowRunService(ctx, watches, unary));
  server.addService(ServerServiceService, createServerService(options.info, unary));
  server.addService(HealthService, createHealthService(health));
  server.addService(ServerReflectionService, createReflectionService());
  server.addService(ServerReflectionServiceAlpha, createReflectionService());
  const port = await bind(server, options);
  health.setServing(true);
  return {
    port,
    health,
    stop: async () => {
      health.setServing(false);
      await sessions.drain(options.drainMs);
      watches.close();
      logIntake.close();
      health.close();
      await shutDown(server);
    },
  };
}

function bind(server: Server, { host, port, tls }: GrpcServerOptions): Promise<number> {
  const credentials =
    tls === null
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [{ cert_chain: tls.cert, private_key: tls.key }]);
  const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
}

/** Lets calls that are being answered finish, for a moment; then cuts what is left. */
async function shutDown(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, 500);
  server.tryShutdown(() => resolve());
  await promise;
  clearTimeout(timer);
  server.forceShutdown();
}
