import { describe, expect, test } from "bun:test";
import { readServerConfig } from "./config.ts";

const KEYS = { SLUICE_SERVER_API_KEY: "a", SLUICE_SERVER_AGENT_TOKEN: "b" };

describe("server configuration", () => {
  test("without anything it listens on loopback, with its database under the home folder", () => {
    const config = readServerConfig({}, { HOME: "/home/me" });
    expect(config).toMatchObject({ host: "127.0.0.1", port: 4200, grpcPort: 4201, tls: null });
    expect(config.dataDirectory).toBe("/home/me/.sluice/postgres");
    expect(config.numbers).toEqual({
      acceptTimeoutSeconds: 5,
      heartbeatSeconds: 10,
      missedHeartbeats: 3,
      stopGraceSeconds: 30,
      lateAfterSeconds: 15,
      cancelDeadlineSeconds: 300,
      outageSeconds: 15,
      concurrencySlotWaitSeconds: 30,
      initialSlotLeaseSeconds: 300,
    });
  });

  test("a flag beats the environment", () => {
    const environment = { SLUICE_SERVER_PORT: "1", SLUICE_HOME: "/srv/s" };
    const config = readServerConfig({ port: "2" }, environment);
    expect(config.port).toBe(2);
    expect(config.dataDirectory).toBe("/srv/s/postgres");
  });

  test.each(["0.0.0.0", "::", "192.168.1.5", "sluice.example", "127.0.0.1.example"])(
    "%s needs both secrets or --no-auth",
    (host) => {
      expect(() => readServerConfig({ host }, {})).toThrow("--no-auth");
      expect(() => readServerConfig({ host }, { SLUICE_SERVER_API_KEY: "a" })).toThrow(
        "SLUICE_SERVER_AGENT_TOKEN",
      );
      expect(readServerConfig({ host }, KEYS).secrets).toEqual({ apiKey: "a", agentToken: "b" });
      const authString = { SLUICE_SERVER_AUTH_STRING: "me:secret" };
      expect(() => readServerConfig({ host }, authString)).toThrow("SLUICE_SERVER_AGENT_TOKEN");
      expect(
        readServerConfig({ host }, { ...authString, SLUICE_SERVER_AGENT_TOKEN: "b" }).secrets,
      ).toMatchObject({ agentToken: "b", authString: "me:secret" });
      expect(readServerConfig({ host, noAuth: true }, {}).host).toBe(host);
    },
  );

  test.each(["127.0.0.1", "127.1.2.3", "localhost", "::1"])("%s is loopback", (host) => {
    expect(readServerConfig({ host }, {}).host).toBe(host);
  });

  test("--no-auth beside a secret is refused: it would open what the secret closes", () => {
    expect(() => readServerConfig({ noAuth: true }, KEYS)).toThrow("SLUICE_SERVER_API_KEY");
  });

  test("an auth string without a colon is refused without showing it", () => {
    const read = (): unknown => readServerConfig({}, { SLUICE_SERVER_AUTH_STRING: "hunter2" });
    expect(read).toThrow("user:password");
    expect(read).not.toThrow("hunter2");
  });

  test("HTTP and gRPC do not share a port, unless any free one is wanted", () => {
    expect(() => readServerConfig({ port: 5300, grpcPort: 5300 }, {})).toThrow("--grpc-port");
    expect(readServerConfig({ port: 0, grpcPort: 0 }, {})).toMatchObject({ port: 0, grpcPort: 0 });
  });

  test("a certificate needs its key, and both must be readable", () => {
    expect(() => readServerConfig({ tlsCert: "/c.pem" }, {})).toThrow("--tls-key");
    expect(() => readServerConfig({ tlsKey: "/k.pem" }, {})).toThrow("--tls-cert");
    expect(() => readServerConfig({ tlsCert: "/nowhere.pem", tlsKey: "/k.pem" }, {})).toThrow(
      "/nowhere.pem",
    );
    const self = import.meta.path;
    expect(() => readServerConfig({ tlsCert: self, tlsKey: self }, {})).toThrow("not a PEM file");
  });

  test("a database URL that is none is refused without showing it", () => {
    const read = (): unknown =>
      readServerConfig({}, { SLUICE_DATABASE_URL: "mysql://u:hunter2@h/d" });
    expect(read).toThrow("SLUICE_DATABASE_URL");
    expect(read).not.toThrow("hunter2");
  });
});
