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

/** Where a control plane on this machine listens for HTTP by default. */
const DEFAULT_HTTP_URL = "http://127.0.0.1:4200";
const DEFAULT_HTTP_PORT = 4200;

/**
 * The HTTP address to use: the one given, without the path of the REST API behind it; else the
 * neighbour of the gRPC address, one port below; else this machine's. A text that is no address is
 * returned as it is, to be refused by its reader.
 */
export function httpUrlFrom(apiUrl: string | undefined, grpcUrl: string | undefined): string {
  if (apiUrl) return apiUrl.replace(/\/+(api\/*)?$/, "");
  if (!grpcUrl) return DEFAULT_HTTP_URL;
  const address = URL.parse(grpcUrl);
  if (address === null || !/^https?:$/.test(address.protocol)) return grpcUrl;
  const port = address.port === "" ? DEFAULT_HTTP_PORT : Number(address.port) - 1;
  return `${address.protocol}//${address.hostname}:${port}`;
}
