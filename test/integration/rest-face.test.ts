import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { at } from "#test/support/json-value.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { TestServer } from "#test/support/test-server.ts";

let server: TestServer;
let rest: RestClient;

beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
});

afterAll(() => server[Symbol.asyncDispose]());

const basic = (text: string) => ({
  authorization: `Basic ${Buffer.from(text).toString("base64")}`,
});
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const changing = { "content-type": "application/json" };

describe("what a client asks first", () => {
  test.each([
    ["/health", true],
    ["/hello", "Hello from Sluice"],
    ["/version", "0.8.4"],
    ["/admin/version", "3.9.1"],
    ["/ready", { message: "OK" }],
  ])("%s is answered in both forms", async (path, body) => {
    expect(await rest.get(path)).toMatchObject({ status: 200, body });
    expect(await rest.get(`${path}/`)).toMatchObject({ status: 200, body });
  });

  test("no CSRF token is needed, in the words that clients look for", async () => {
    const { status, body } = await rest.get("/csrf-token?client=a");
    expect(status).toBe(422);
    expect(at(body, "detail")).toBe("CSRF protection is disabled.");
    const without = await rest.get("/csrf-token");
    expect(at(without.body, "exception_detail", 0)).toMatchObject({
      type: "missing",
      loc: ["query", "client"],
    });
  });

  test.each([
    ["0.8.4", 200],
    ["0.8.0", 200],
    ["1.0.0", 200],
    ["0.7.9", 400],
    ["0.8", 400],
    ["a.b.c", 400],
    ["", 400],
  ])("API version %p is answered with %i", async (version, status) => {
    const answer = await rest.get("/hello", { "x-prefect-api-version": version });
    expect(answer.status).toBe(status);
    if (status === 400) expect(typeof at(answer.body, "detail")).toBe("string");
    expect((await rest.get("/health", { "x-prefect-api-version": version })).status).toBe(200);
  });
});

describe("what is not there", () => {
  test.each(["/nothing", "/", "/work_pools/a/b/c", "/work_pools//"])("%s is 404", async (path) => {
    const { status, body } = await rest.get(path);
    expect(status).toBe(404);
    expect(body).toEqual({ detail: "Not Found" });
  });

  test("a path asked in a way it does not know is 405 and says how it may be asked", async () => {
    const { status, body, headers } = await rest.send("PUT", "/work_pools/a");
    expect(status).toBe(405);
    expect(body).toEqual({ detail: "Method Not Allowed" });
    expect(headers.get("allow")).toBe("DELETE, GET, PATCH");
    expect((await rest.get("/work_pools/")).status).toBe(405);
  });
});

describe("a body that does not fit", () => {
  test("is answered with all that is wrong with it, and with what was sent", async () => {
    const sent = {
      type: 5,
      is_paused: "yes",
      concurrency_limit: -1,
      description: {},
      colour: "red",
      storage_configuration: { default_result_storage_block_id: "x", other: null },
    };
    const { status, body } = await rest.post("/work_pools/", sent);
    expect(status).toBe(422);
    expect(at(body, "exception_message")).toBe("Invalid request received.");
    expect(at(body, "request_body")).toEqual(sent);
    const issues = at(body, "exception_detail");
    const found = (Array.isArray(issues) ? issues : []).map((issue) => [
      JSON.stringify(at(issue, "loc")),
      at(issue, "type"),
    ]);
    expect(Object.fromEntries(found)).toEqual({
      '["body","name"]': "missing",
      '["body","type"]': "string_type",
      '["body","is_paused"]': "bool_type",
      '["body","concurrency_limit"]': "greater_than_equal",
      '["body","description"]': "string_type",
      '["body","colour"]': "extra_forbidden",
      '["body","storage_configuration","default_result_storage_block_id"]': "uuid_parsing",
      '["body","storage_configuration","other"]': "extra_forbidden",
    });
  });

  test.each([
    ["a/b", "string_pattern_mismatch"],
    ["", "string_pattern_mismatch"],
    [null, "string_type"],
  ])("names cannot be %p", async (name, type) => {
    const { body } = await rest.post("/work_pools/", { name });
    expect(at(body, "exception_detail", 0)).toMatchObject({ type, loc: ["body", "name"] });
  });

  test("may be no JSON, too deep, missing, or no object", async () => {
    const broken = await rest.send("POST", "/work_pools/", '{"name": ');
    expect(broken.status).toBe(422);
    expect(at(broken.body, "exception_detail", 0, "type")).toBe("json_invalid");
    const deep = `${"[".repeat(5000)}${"]".repeat(5000)}`;
    expect((await rest.send("POST", "/work_pools/", deep)).status).toBe(422);
    const missing = await rest.send("POST", "/work_pools/");
    expect(at(missing.body, "exception_detail", 0)).toMatchObject({
      type: "missing",
      loc: ["body"],
    });
    const list = await rest.send("POST", "/work_pools/filter", "[]");
    expect(list.status).toBe(422);
    expect(at(list.body, "exception_detail", 0, "type")).toBe("dict_type");
    expect((await rest.send("PATCH", "/work_pools/a")).status).toBe(422);
  });

  test("a name that no database can hold is the caller's mistake", async () => {
    expect((await rest.post("/work_pools/", { name: "a\0b" })).status).toBe(422);
    expect((await rest.get("/work_pools/a%00b")).status).toBe(422);
  });
});

describe("with credentials", () => {
  test("key and auth string open all, the agents' token nothing, and probes are open", async () => {
    await using closed = await TestServer.start({
      SLUICE_SERVER_API_KEY: "operator",
      SLUICE_SERVER_AUTH_STRING: "admin:pässword:1",
      SLUICE_SERVER_AGENT_TOKEN: "agents",
    });
    const ask = async (path: string, headers: Record<string, string> = {}): Promise<Response> =>
      fetch(`${closed.url}/api${path}`, { headers });
    for (const path of ["/health", "/ready"]) expect((await ask(path)).status).toBe(200);
    for (const path of ["/hello", "/work_pools/a", "/nothing", "/openapi.json"]) {
      const refused = await ask(path);
      expect(refused.status).toBe(401);
      expect(at(await refused.json(), "exception_message")).toBe("Unauthorized");
    }
    for (const headers of [bearer("operator"), basic("admin:pässword:1")]) {
      expect((await ask("/hello", headers)).status).toBe(200);
    }
    for (const headers of [
      bearer("admin:pässword:1".replace("ä", "a")),
      basic("operator"),
      basic("admin:pässword:2"),
      basic("agents"),
      { authorization: "Basic !" },
      { authorization: "Basic" },
    ]) {
      const refused = await ask("/hello", headers);
      expect(refused.status).toBe(401);
      expect(await refused.text()).not.toContain("operator");
    }
    expect((await ask("/hello", bearer("agents"))).status).toBe(403);
    expect((await fetch(`${closed.url}/docs`)).status).toBe(200);
  });
});

describe("with CSRF protection", () => {
  test("a change needs the client's own token, and any replica knows it", async () => {
    await using guarded = await TestServer.start({ SLUICE_SERVER_CSRF: "on" });
    const own = new RestClient(guarded.url);
    const create = (headers: Record<string, string>) =>
      own.send("POST", "/work_pools/", JSON.stringify({ name: crypto.randomUUID() }), headers);
    expect((await own.get("/hello")).status).toBe(200);
    expect((await create({})).status).toBe(403);
    const { status, body } = await own.get("/csrf-token?client=me");
    expect(status).toBe(200);
    const token = String(at(body, "token"));
    const mine = { "prefect-csrf-token": token, "prefect-csrf-client": "me" };
    expect((await create(mine)).status).toBe(201);
    for (const wrong of [
      { ...mine, "prefect-csrf-client": "other" },
      { ...mine, "prefect-csrf-token": `${token}x` },
      { ...mine, "prefect-csrf-token": token.replace(/^\d/, "9") },
    ]) {
      const refused = await create(wrong);
      expect(refused.status).toBe(403);
      expect(at(refused.body, "detail")).toContain("Invalid CSRF token");
    }
    const { rows } = await guarded.database.pool.query("select name from sluice.server_secret");
    expect(rows).toEqual([{ name: "csrf" }]);
  });
});

describe("when something is broken", () => {
  test("a database that is away is 503 with a time to try again", async () => {
    await using cut = await TestServer.start();
    await cut.databaseLink.cut();
    const response = await fetch(`${cut.url}/api/work_pools/filter`, {
      method: "POST",
      headers: changing,
      body: "{}",
    });
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await fetch(`${cut.url}/api/health`)).status).toBe(200);
    expect((await fetch(`${cut.url}/api/ready`)).status).toBe(503);
  });

  test("what fails inside is 500 with an id and nothing of the inside", async () => {
    await using broken = await TestServer.start();
    await broken.database.pool.query("alter table sluice.work_pool rename column type to kind");
    const response = await fetch(`${broken.url}/api/work_pools/a`);
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      exception_message: "Internal Server Error",
      error_id: expect.any(String),
    });
  });
});

describe("the documents", () => {
  test("the page stands for itself and lets only its own script run", async () => {
    const response = await fetch(`${server.url}/docs`);
    const page = await response.text();
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(response.headers.get("content-security-policy")).toMatch(/script-src 'sha256-/);
    expect(page).not.toMatch(/https?:\/\//);
    const script = /<script>(.*)<\/script>/s.exec(page)?.[1] ?? "";
    expect(() => new Bun.Transpiler({ loader: "js" }).transformSync(script)).not.toThrow();
  });

  test("the description is OpenAPI 3.1 with the reference's names", async () => {
    const { body } = await rest.get("/openapi.json");
    expect(at(body, "openapi")).toBe("3.1.0");
    expect(
      at(body, "paths", "/work_pools/", "post", "requestBody", "content", "application/json"),
    ).toEqual({ schema: { $ref: "#/components/schemas/WorkPoolCreate" } });
  });
});
