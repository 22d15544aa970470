import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { BlockWorld } from "#test/support/block-world.ts";
import { at } from "#test/support/json-value.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { TestServer } from "#test/support/test-server.ts";

const NOBODY = "00000000-0000-0000-0000-000000000000";

let server: TestServer;
let rest: RestClient;
let blocks: BlockWorld;

beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
  blocks = new BlockWorld(rest);
});

afterAll(() => server[Symbol.asyncDispose]());

const slugs = (body: unknown): unknown[] =>
  (Array.isArray(body) ? body : []).map((type) => at(type, "slug"));

describe("kinds of block that come with the control plane", () => {
  test("are there from the start, protected, each with a schema", async () => {
    for (const slug of [
      "secret",
      "json",
      "string",
      "date-time",
      "aws-credentials",
      "gcp-credentials",
      "azure-container-instance-credentials",
      "azure-blob-storage-credentials",
      "docker-registry-credentials",
      "kubernetes-cluster-config",
      "modal-credentials",
      "s3-bucket",
      "gcs-bucket",
      "azure-blob-storage-container",
    ]) {
      expect((await rest.get(`/block_types/slug/${slug}`)).body).toMatchObject({
        slug,
        is_protected: true,
      });
      const { schemaId, checksum } = await blocks.find(slug);
      const { body } = await rest.get(`/block_schemas/${schemaId}`);
      expect(at(body, "fields", "block_type_slug")).toBe(slug);
      expect((await rest.get(`/block_schemas/checksum/${checksum}`)).body).toEqual(body);
    }
  });

  test("name the blocks within them by the checksums of those", async () => {
    const { schemaId } = await blocks.find("s3-bucket");
    const { body } = await rest.get(`/block_schemas/${schemaId}`);
    expect(at(body, "fields", "block_schema_references", "credentials")).toEqual({
      block_schema_checksum: (await blocks.find("aws-credentials")).checksum,
      block_type_slug: "aws-credentials",
    });
    expect(at(body, "fields", "secret_fields")).toContain("credentials.aws_secret_access_key");
    const able = {
      block_schemas: { block_capabilities: { all_: ["get-directory", "write-path"] } },
    };
    expect(slugs((await rest.post("/block_types/filter", able)).body)).toEqual([
      "azure-blob-storage-container",
      "gcs-bucket",
      "s3-bucket",
    ]);
    expect((await rest.get("/block_capabilities/")).body).toEqual([
      "get-directory",
      "put-directory",
      "read-path",
      "write-path",
    ]);
  });

  test("cannot be deleted, but described otherwise, and are not added twice", async () => {
    const { typeId, schemaId } = await blocks.find("string");
    expect((await rest.delete(`/block_types/${typeId}`)).status).toBe(403);
    expect((await rest.delete(`/block_schemas/${schemaId}`)).status).toBe(403);
    const before = await rest.post("/block_types/filter", {});
    expect((await rest.patch(`/block_types/${typeId}`, { description: "ours" })).status).toBe(204);
    const again = await rest.post("/block_types/install_system_block_types");
    expect(again).toMatchObject({ status: 200, body: null });
    expect(slugs((await rest.post("/block_types/filter", {})).body)).toEqual(slugs(before.body));
    expect((await rest.get(`/block_types/${typeId}`)).body).toMatchObject({ description: "ours" });
  });
});

describe("a kind of block that a client registers", () => {
  test("is created with 201 where its slug was 404, read, changed and deleted", async () => {
    expect((await rest.get("/block_types/slug/own")).status).toBe(404);
    const texts = { logo_url: "https://example.com/l.png", code_example: "x = 1" };
    const created = await rest.post("/block_types", { name: "Own", slug: "own", ...texts });
    expect(created).toMatchObject({
      status: 201,
      body: { name: "Own", slug: "own", description: null, is_protected: false, ...texts },
    });
    const path = `/block_types/${String(at(created.body, "id"))}`;
    expect((await rest.get(path)).body).toEqual(created.body);
    expect((await rest.get("/block_types/slug/own")).body).toEqual(created.body);
    await rest.patch(path, { description: "d", logo_url: null });
    expect((await rest.get(path)).body).toMatchObject({
      description: "d",
      logo_url: null,
      code_example: "x = 1",
    });
    expect((await rest.delete(path)).status).toBe(204);
    expect((await rest.get(path)).status).toBe(404);
    expect((await rest.delete(path)).status).toBe(404);
    expect((await rest.patch(path, { description: "d" })).status).toBe(404);
  });

  test("is refused with a slug that is taken or of other letters, and a reserved name", async () => {
    await rest.post("/block_types/", { name: "One", slug: "one" });
    expect((await rest.post("/block_types/", { name: "Two", slug: "one" })).status).toBe(409);
    expect((await rest.post("/block_types/", { name: "Two", slug: "Two_2" })).status).toBe(422);
    expect((await rest.post("/block_types/", { name: "Prefect X", slug: "px" })).status).toBe(403);
    expect((await rest.post("/block_types/", { name: "a/b", slug: "ab" })).status).toBe(422);
    expect((await rest.post("/block_types/", { name: "No slug" })).status).toBe(422);
  });

  test("is listed by name, and found by parts of it and by slug", async () => {
    await rest.post("/block_types/", { name: "Zebra Kind", slug: "zebra" });
    const find = async (block_types: object): Promise<unknown[]> =>
      slugs((await rest.post("/block_types/filter", { block_types })).body);
    expect(await find({ name: { like_: "zebra k" } })).toEqual(["zebra"]);
    expect(await find({ slug: { any_: ["zebra", "secret", "absent"] } })).toEqual([
      "secret",
      "zebra",
    ]);
    const page = await rest.post("/block_types/filter", { limit: 1, offset: 1 });
    expect(slugs(page.body)).toHaveLength(1);
  });
});

describe("a schema", () => {
  test("is created once for each version, and found by its checksum", async () => {
    const { typeId } = await blocks.register("versioned", { title: "first" });
    const create = (version: string, title = "v"): ReturnType<RestClient["post"]> =>
      rest.post("/block_schemas/", {
        block_type_id: typeId,
        fields: { title, secret_fields: ["a"] },
        capabilities: ["x", "y"],
        version,
      });
    const first = await create("1");
    expect(first).toMatchObject({
      status: 201,
      body: { version: "1", capabilities: ["x", "y"], block_type: { slug: "versioned" } },
    });
    expect(await create("1")).toMatchObject({ status: 200, body: { id: at(first.body, "id") } });
    const second = await create("2");
    expect(second.status).toBe(201);
    const checksum = String(at(first.body, "checksum"));
    expect(at(second.body, "checksum")).toBe(checksum);
    const path = `/block_schemas/checksum/${checksum}`;
    expect((await rest.get(path)).body).toEqual(second.body);
    expect((await rest.get(`${path}?version=1`)).body).toEqual(first.body);
    expect((await rest.get(`${path}?version=3`)).status).toBe(404);
    const all = await rest.post("/block_schemas/filter", {
      block_schemas: { block_type_id: { any_: [typeId] }, version: { any_: ["1", "2"] } },
    });
    expect(all.body).toEqual([second.body, first.body]);
  });

  test("keeps numbers as they were sent, on which its checksum depends", async () => {
    const { typeId } = await blocks.register("numbers", {});
    const send = (number: string): ReturnType<RestClient["send"]> =>
      rest.send(
        "POST",
        "/block_schemas/",
        `{"block_type_id":"${typeId}","fields":{"n":${number}}}`,
      );
    const [float, integer] = [await send("1.0"), await send("1")];
    expect(at(float.body, "checksum")).not.toBe(at(integer.body, "checksum"));
    // printf '[[{"n": 1.0}], {}]' | sha256sum
    expect(at(float.body, "checksum")).toBe(
      "sha256:04603f0445691b2a83d8294be2aa301c2ca9fa322833002f577b696184296020",
    );
    const id = String(at(float.body, "id"));
    const answer = await fetch(`${server.url}/api/block_schemas/${id}`);
    expect(await answer.text()).toContain('"fields":{"n":1.0}');
  });

  test("is deleted with its blocks", async () => {
    const kind = await blocks.register("short-lived", {});
    const id = await blocks.store(kind, "x", { a: 1 });
    expect((await rest.delete(`/block_schemas/${kind.schemaId}`)).status).toBe(204);
    expect((await rest.get(`/block_schemas/${kind.schemaId}`)).status).toBe(404);
    expect((await rest.get(`/block_documents/${id}`)).status).toBe(404);
    expect((await rest.delete(`/block_schemas/${NOBODY}`)).status).toBe(404);
    const absent = await rest.post("/block_schemas/", { block_type_id: NOBODY, fields: {} });
    expect(absent.status).toBe(404);
  });
});

test("without a key a block with secrets is refused with the way out, and one without is stored", async () => {
  const secret = await blocks.find("secret");
  const refused = await blocks.post(secret, "keyless", { value: "s3cr3t-value" });
  expect(refused.status).toBe(500);
  expect(refused.body).toMatchObject({ reason: "SECRETS_UNAVAILABLE" });
  expect(at(refused.body, "detail")).toContain("SLUICE_SERVER_ENCRYPTION_KEY");
  expect(JSON.stringify(refused.body)).not.toContain("s3cr3t-value");
  const text = await blocks.find("string");
  expect((await blocks.post(text, "open", { value: "x" })).status).toBe(201);
});
