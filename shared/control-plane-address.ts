/** Where a control plane on this machine listens for gRPC by default. */
const DEFAULT_GRPC_URL = "http://127.0.0.1:4201";
const DEFAULT_GRPC_PORT = 4201;

/**
 * The gRPC address to use: the one given, else the neighbour of the HTTP address, else this
 * machine's. gRPC listens one port above HTTP unless told otherwise; where the HTTP address names no
 * port, on the default port. A text that is no address is returned as it is, to be refused by its
 * reader.
 */
export function grpcUrlFrom(grpcUrl: string | undefined, apiUrl: string | undefined): string {
  if (grpcUrl) return grpcUrl;
  if (!apiUrl) return DEFAULT_GRPC_URL;
  const address = URL.parse(apiUrl);
  if (address === null || !/^https?:$/.test(address.protocol)) return apiUrl;
  const port = address.port === "" ? DEFAULT_GRPC_PORT : Number(address.port) + 1;
  return `${address.protocol}//${address.hostname}:${port}`;
}
