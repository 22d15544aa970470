import { describe, expect, test } from "bun:test";
import { createAuthorize } from "./authorize.ts";

describe("authorize", () => {
  const authorize = createAuthorize({ apiKey: "key", agentToken: "token" });

  test("without secrets everybody is let in", () => {
    const open = createAuthorize({ apiKey: undefined, agentToken: undefined });
    expect(open("clients", undefined)).toBeNull();
    expect(open("agents", "Bearer anything")).toBeNull();
  });

  test("with secrets nobody is let in without one, except to probes", () => {
    expect(authorize("anyone", undefined)).toBeNull();
    for (const header of [undefined, "", "Bearer", "Bearer ", "key", "Basic key", "Bearer wrong"]) {
      expect(authorize("clients", header)?.reason).toBe("unauthenticated");
      expect(authorize("agents", header)?.reason).toBe("unauthenticated");
    }
  });

  test("the API key is good for everything", () => {
    expect(authorize("clients", "Bearer key")).toBeNull();
    expect(authorize("agents", "bearer key")).toBeNull();
  });

  test("the agent token is good for agents and for nothing else", () => {
    expect(authorize("agents", "Bearer token")).toBeNull();
    expect(authorize("clients", "Bearer token")?.reason).toBe("permission_denied");
  });

  test("one secret alone still closes the door", () => {
    const agentsOnly = createAuthorize({ apiKey: undefined, agentToken: "token" });
    expect(agentsOnly("clients", undefined)?.reason).toBe("unauthenticated");
    expect(agentsOnly("agents", "Bearer token")).toBeNull();
  });

  test("the auth string is good for everything, as basic authentication only", () => {
    const both = createAuthorize({ apiKey: "key", agentToken: "token", authString: "me:pä:ss" });
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
    expect(both("clients", basic("me:pä:ss"))).toBeNull();
    expect(both("agents", basic("me:pä:ss"))).toBeNull();
    expect(both("clients", "Bearer key")).toBeNull();
    for (const header of [
      basic("me:pä:s"),
      basic("key"),
      basic("token"),
      "Bearer me:pa:ss",
      "Basic me:pa:ss",
      "Basic",
    ]) {
      expect(both("clients", header)?.reason).toBe("unauthenticated");
      expect(both("agents", header)?.reason).toBe("unauthenticated");
    }
    const alone = createAuthorize({ apiKey: undefined, agentToken: undefined, authString: "a:b" });
    expect(alone("clients", undefined)?.reason).toBe("unauthenticated");
  });

  test("no refusal repeats what was sent", () => {
    expect(authorize("clients", "Bearer s3cret")?.message).not.toContain("s3cret");
  });
});
