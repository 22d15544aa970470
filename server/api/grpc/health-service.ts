import type { ServerWritableStream } from "@grpc/grpc-js";
import { DESCRIPTOR_SERVICES } from "#proto/descriptors.ts";
import {
  type HealthCheckRequest,
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus as Status,
  type HealthServer,
} from "#proto/grpc/health/v1/health.ts";
import { AppError } from "#shared/errors.ts";
import { toStatus } from "./error-mapping.ts";

type Watch = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/** Whether this replica serves; changes are told to whoever watches. */
export class Health {
  #serving = false;
  readonly #watches = new Map<Watch, string>();

  /** Whether calls are served. */
  get serving(): boolean {
    return this.#serving;
  }

  /** Says from now on that calls are served, or not. */
  setServing(serving: boolean): void {
    if (serving === this.#serving) return;
    this.#serving = serving;
    for (const [watch, service] of this.#watches) watch.write({ status: this.statusOf(service) });
  }

  /** The status of a service; "" is the whole server. */
  statusOf(service: string): Status {
    if (service !== "" && !DESCRIPTOR_SERVICES.includes(service)) return Status.SERVICE_UNKNOWN;
    return this.#serving ? Status.SERVING : Status.NOT_SERVING;
  }

  /** Tells the status now and at each change, until the caller leaves. */
  watch(call: Watch): void {
    this.#watches.set(call, call.request.service);
    call.once("cancelled", () => this.#watches.delete(call));
    call.once("close", () => this.#watches.delete(call));
    call.write({ status: this.statusOf(call.request.service) });
  }

  /** Ends all watches. */
  close(): void {
    for (const watch of this.#watches.keys()) watch.end();
    this.#watches.clear();
  }
}

/** grpc.health.v1.Health, open to everybody. */
export function createHealthService(health: Health): HealthServer {
  return {
    check: (call, callback) => {
      const { service } = call.request;
      const status = health.statusOf(service);
      if (status === Status.SERVICE_UNKNOWN) {
        callback(toStatus(new AppError("not_found", `There is no service '${service}' here.`)));
      } else {
        callback(null, { status });
      }
    },
    watch: (call) => health.watch(call),
  };
}
