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

  test("no refusal repeats what was sent", () => {
    expect(authorize("clients", "Bearer s3cret")?.message).not.toContain("s3cret");
  });
});
