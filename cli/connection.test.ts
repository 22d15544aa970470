import { describe, expect, test } from "bun:test";
import { connectionOf } from "./connection.ts";

describe("the connection", () => {
  test("is to this machine unless another is named", () => {
    expect(connectionOf({})).toEqual({
      url: "http://127.0.0.1:4201",
      target: "127.0.0.1:4201",
      loopback: true,
      tls: undefined,
      apiKey: undefined,
      onlyHttpChosen: false,
    });
  });

  test.each([
    ["http://box:99", "box:99"],
    ["http://box", "box:4201"],
    ["http://[::1]:99", "[::1]:99"],
    ["https://box", "box:443"],
    ["https://box:4201/", "box:4201"],
  ])("%p is reached at %p", (url, target) => {
    expect(connectionOf({ SLUICE_GRPC_URL: url })).toMatchObject({ url, target });
  });

  test("is secured with https only", () => {
    expect(connectionOf({ SLUICE_GRPC_URL: "https://box" }).tls).toMatchObject({ ca: undefined });
    expect(connectionOf({ SLUICE_GRPC_URL: "http://box" }).tls).toBeUndefined();
  });

  test.each([
    "box:4201",
    "tcp://box:1",
    "http://",
    "http://box/path",
    "http://me:secret@box",
    "nonsense",
  ])("%p is refused by the variable's name and without a password", (url) => {
    expect(() => connectionOf({ SLUICE_GRPC_URL: url })).toThrow("SLUICE_GRPC_URL");
    expect(() => connectionOf({ SLUICE_GRPC_URL: url })).not.toThrow("secret");
  });

  test("a certificate that cannot be read is told, by name", () => {
    const environment = { SLUICE_GRPC_URL: "https://box", SLUICE_TLS_CA_FILE: "/no/such.pem" };
    expect(() => connectionOf(environment)).toThrow(
      "SLUICE_TLS_CA_FILE: /no/such.pem cannot be read",
    );
  });

  test("tells when only the HTTP address was chosen", () => {
    const derived = connectionOf({ SLUICE_API_URL: "http://box:1" });
    expect(derived.onlyHttpChosen).toBeTrue();
    expect(derived.target).toBe("box:2");
    const both = { SLUICE_API_URL: "http://box:1", SLUICE_GRPC_URL: "http://box:2" };
    expect(connectionOf(both).onlyHttpChosen).toBeFalse();
  });

  test("a key is trimmed, and one that cannot be sent is refused without being shown", () => {
    expect(connectionOf({ SLUICE_API_KEY: " abc\n" }).apiKey).toBe("abc");
    expect(() => connectionOf({ SLUICE_API_KEY: "hidden\nvalue" })).toThrow("SLUICE_API_KEY");
    expect(() => connectionOf({ SLUICE_API_KEY: "hidden\nvalue" })).not.toThrow("hidden");
  });
});
