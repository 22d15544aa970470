import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";

/** What a gRPC channel with TLS is given beside the authorities it trusts. */
export interface TlsIdentity {
  readonly verify: {
    readonly checkServerIdentity?: (
      host: string,
      certificate: PeerCertificate,
    ) => Error | undefined;
  };
  readonly channel: { readonly "grpc.ssl_target_name_override"?: string };
}

/**
 * How a server reached at this host proves who it is. TLS does not allow an address as the name that
 * a client asks for, so for one another name is sent, and the certificate is held against the address.
 * `hostname` is as in a URL, with brackets around IPv6.
 */
export function tlsIdentityOf(hostname: string): TlsIdentity {
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  if (isIP(address) === 0) return { verify: {}, channel: {} };
  return {
    verify: { checkServerIdentity: (_, certificate) => checkServerIdentity(address, certificate) },
    channel: { "grpc.ssl_target_name_override": "sluice" },
  };
}
