import type {
  GetServerInfoResponse,
  ServerServiceServer,
} from "#proto/sluice/v1/server_service.ts";
import type { Unary } from "./unary.ts";

/** sluice.v1.ServerService: what this replica is. */
export function createServerService(
  info: GetServerInfoResponse,
  unary: Unary,
): ServerServiceServer {
  return { getServerInfo: unary(async () => info) };
}
