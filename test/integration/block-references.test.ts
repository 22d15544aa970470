import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonValue } from "#shared/json.ts";
import { BlockWorld, freshEncryptionKey } from "#test/support/block-world.ts";
import { at } from "#test/support/json-value.ts";
import { rejection } from "#test/support/rejection.ts";
import { type RestAnswer, RestClient } from "#test/support/rest-client.ts";
import { TestServer } from "#test/support/test-server.ts";

const NOBODY = "00000000-0000-0000-0000-000000000000";
const SECRET = "s3cr3t-value";

let server: TestServer;
let rest: RestClient;
let good: string;
let bad: string;

beforeAll(async () => {
  server = await TestServer.start({ SLUICE_SERVER_ENCRYPTION_KEY: freshEncryptionKey() });
  rest = new RestClient(server.url);
  const blocks = new BlockWorld(rest);
  const registry = await blocks.find("docker-registry-credentials");
  const data = { username: "u", password: SECRET, registry_url: "r" };
  good = await blocks.store(registry, "good", data);
  bad = await blocks.store(registry, "bad", { username: 5, password: SECRET });
});

afterAll(() => server[Symbol.asyncDispose]());

const ref = (id: string): JsonValue => ({ $ref: { block_document_id: id } });

const REGISTRY = {
  type: "object",
  properties: { username: { type: "string" }, password: { type: "string", minLength: 5 } },
  required: ["username", "password"],
};

function template(property: object, definitions: object = {}): object {
  return {
    job_configuration: { command: "{{ command }}", registry: "{{ registry }}" },
    variables: { type: "object", properties: { command: {}, registry: property }, definitions },
  };
}

function createPool(name: string, base_job_template: object): Promise<RestAnswer> {
  return rest.post("/work_pools/", { name, type: "process", base_job_template });
}

describe("a template whose default is a stored block", () => {
  test.each([
    ["an object", { ...REGISTRY }, {}],
    ["a block", { $ref: "#/definitions/R" }, { R: { ...REGISTRY, block_type_slug: "x" } }],
  ])("is taken if the block fits %s", async (what, property, definitions) => {
    const created = await createPool(
      `good ${what}`,
      template({ ...property, default: ref(good) }, definitions),
    );
    expect(created.status).toBe(201);
    expect(JSON.stringify(created.body)).not.toContain(SECRET);
  });

  test("is refused with 404 if there is no such block", async () => {
    for (const id of [NOBODY, "no-id"]) {
      const { status, body } = await createPool("absent", template({ default: ref(id) }));
      expect(status).toBe(404);
      expect(at(body, "detail")).toMatch(new RegExp(`^base_job_template: .*'registry'.*'${id}'`));
    }
    expect((await rest.get("/work_pools/absent")).status).toBe(404);
  });

  test("is refused with 422 if the block does not fit, and shows nothing of it", async () => {
    for (const [id, property] of [
      [bad, REGISTRY],
      [good, { ...REGISTRY, required: ["more"] }],
      [good, { type: "string" }],
      [good, { ...REGISTRY, properties: { password: { const: "other" } } }],
    ] as const) {
      const { status, body } = await createPool(
        "misfit",
        template({ ...property, default: ref(id) }),
      );
      expect(status).toBe(422);
      expect(at(body, "detail")).toContain("default.registry");
      expect(JSON.stringify(body)).not.toContain(SECRET);
    }
  });

  test("is looked at when a pool is changed, too", async () => {
    await createPool("patched", template({}));
    const change = (id: string): object => ({
      base_job_template: template({ ...REGISTRY, default: ref(id) }),
    });
    expect((await rest.patch("/work_pools/patched", change(NOBODY))).status).toBe(404);
    expect((await rest.patch("/work_pools/patched", change(bad))).status).toBe(422);
    expect((await rest.patch("/work_pools/patched", change(good))).status).toBe(204);
  });
});

describe("job variables that are stored blocks", () => {
  beforeAll(async () => {
    await createPool("strict", template({ ...REGISTRY, default: ref(good) }));
  });

  const deploy = (name: string, jobVariables: object): Promise<unknown> =>
    server.client.applyDeployment({
      flowName: "flow",
      name,
      workPoolName: "strict",
      jobVariablesJson: JSON.stringify({ command: "true", ...jobVariables }),
    });

  test("are held against the pool's schema by what the block holds", async () => {
    await deploy("fits", { registry: ref(good) });
    expect(await rejection(deploy("misfit", { registry: ref(bad) }))).toMatch(/registry\.username/);
    expect(await rejection(deploy("absent", { registry: ref(NOBODY) }))).toContain(NOBODY);
  });

  test("and so are a run's, and the pool's default", async () => {
    await deploy("runs", {});
    const run = (registry: JsonValue): Promise<unknown> =>
      server.client.createFlowRun({
        deployment: "flow/runs",
        jobVariablesJson: JSON.stringify(registry === null ? {} : { registry }),
      });
    await run(null);
    await run(ref(good));
    expect(await rejection(run(ref(bad)))).toMatch(/registry\.username/);
    expect(await rejection(run(ref(NOBODY)))).toContain(NOBODY);
  });
});
