import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { BlockWorld, freshEncryptionKey, type RegisteredType } from "#test/support/block-world.ts";
import { at } from "#test/support/json-value.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { TestServer } from "#test/support/test-server.ts";

const NOBODY = "00000000-0000-0000-0000-000000000000";
const SECRET = "s3cr3t-value";
const MASK = "********";

let server: TestServer;
let rest: RestClient;
let blocks: BlockWorld;
let account: RegisteredType;

beforeAll(async () => {
  server = await TestServer.start({ SLUICE_SERVER_ENCRYPTION_KEY: freshEncryptionKey() });
  rest = new RestClient(server.url);
  blocks = new BlockWorld(rest);
  account = await blocks.register("account", { secret_fields: ["key", "more.*"] });
});

afterAll(() => server[Symbol.asyncDispose]());

const names = (body: unknown, key = "name"): unknown[] =>
  (Array.isArray(body) ? body : []).map((item) => at(item, key));

/** All that the database holds in the tables of blocks, and what it tells of them. */
async function stored(): Promise<string> {
  const { rows } = await server.database.pool.query<{ text: string }>(
    `select d::text as text from sluice.block_document d
      union all select e::text from sluice.event e`,
  );
  return rows.map(({ text }) => text).join("\n");
}

describe("a block", () => {
  test("is stored with 201, its secrets masked in the answer and encrypted in the database", async () => {
    const data = { user: "u", key: SECRET, more: { a: SECRET, b: { c: 1 } }, list: [1] };
    const { status, body } = await blocks.post(account, "first", data);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      name: "first",
      data: { user: "u", key: MASK, more: { a: MASK, b: { c: MASK } }, list: [1] },
      block_schema_id: account.schemaId,
      block_schema: { checksum: account.checksum, block_type: { slug: "account" } },
      block_type_id: account.typeId,
      block_type_name: "Type account",
      block_type: { slug: "account", is_protected: false },
      block_document_references: {},
      is_anonymous: false,
    });
    const id = String(at(body, "id"));
    expect((await rest.get(`/block_documents/${id}`)).body).toEqual(body);
    expect(await blocks.data(id, true)).toEqual(data);
    expect(await stored()).not.toContain(SECRET);
  });

  test("is read by the slug of its kind and its name, with its secrets if they are asked for", async () => {
    await blocks.store(account, "named", { key: SECRET });
    const path = "/block_types/slug/account/block_documents";
    expect((await rest.get(`${path}/name/named`)).body).toMatchObject({ data: { key: MASK } });
    const shown = await rest.get(`${path}/name/named?include_secrets=true`);
    expect(shown.body).toMatchObject({ data: { key: SECRET } });
    expect(names((await rest.get(path)).body)).toContain("named");
    expect((await rest.get(`${path}/name/absent`)).status).toBe(404);
    expect((await rest.get("/block_types/slug/absent/block_documents/name/x")).status).toBe(404);
    expect((await rest.get("/block_types/slug/absent/block_documents")).status).toBe(404);
  });

  test("is refused with a name that is taken, of other letters, or missing", async () => {
    await blocks.store(account, "taken", {});
    expect((await blocks.post(account, "taken", {})).status).toBe(409);
    expect((await blocks.post(account, "Not Small", {})).status).toBe(422);
    expect((await blocks.post(account, null, {})).status).toBe(422);
    const anonymous = await blocks.post(account, null, {}, { is_anonymous: true });
    expect(anonymous.status).toBe(201);
    expect(at(anonymous.body, "name")).toMatch(/^anonymous-[0-9a-f-]{36}$/);
  });

  test("is refused with a number whose digits cannot all be kept", async () => {
    const refused = await rest.send(
      "POST",
      "/block_documents/",
      `{"name":"digits","block_type_id":"${account.typeId}","block_schema_id":"${account.schemaId}",
        "data":{"list":[1.5,9007199254740993]}}`,
    );
    expect(refused.status).toBe(422);
    expect(at(refused.body, "detail")).toContain("data.list[1]");
  });

  test("is refused under a schema that does not exist or is another kind's", async () => {
    const absent = { ...account, schemaId: NOBODY };
    expect((await blocks.post(absent, "x", {})).status).toBe(404);
    const other = await blocks.register("other-kind", {});
    const wrong = { ...account, schemaId: other.schemaId };
    expect((await blocks.post(wrong, "x", {})).status).toBe(422);
  });

  test("is deleted with 204", async () => {
    const id = await blocks.store(account, "deleted", {});
    expect((await rest.delete(`/block_documents/${id}`)).status).toBe(204);
    expect((await rest.get(`/block_documents/${id}`)).status).toBe(404);
    expect((await rest.delete(`/block_documents/${id}`)).status).toBe(404);
  });
});

describe("changing a block", () => {
  test("keeps the secrets that come masked, and what is not given", async () => {
    const id = await blocks.store(account, "changed", { user: "u", key: SECRET, more: { a: "x" } });
    const path = `/block_documents/${id}`;
    const patch = { data: { user: "new", key: MASK, more: { a: MASK, b: "y" } } };
    expect(await rest.patch(path, patch)).toMatchObject({ status: 204, body: undefined });
    const kept = { user: "new", key: SECRET, more: { a: "x", b: "y" } };
    expect(await blocks.data(id, true)).toEqual(kept);
    await rest.patch(path, { data: { key: "other" } });
    expect(await blocks.data(id, true)).toEqual({ ...kept, key: "other" });
    await rest.patch(path, { data: { key: MASK }, merge_existing_data: false });
    expect(await blocks.data(id, true)).toEqual({ key: "other" });
    expect((await rest.patch(`/block_documents/${NOBODY}`, { data: {} })).status).toBe(404);
    expect((await rest.patch(path, { name: "x" })).status).toBe(422);
  });

  test("into another schema of its kind encrypts what that one calls secret", async () => {
    const id = await blocks.store(account, "reshaped", { user: "open-word", key: SECRET });
    const fields = { title: "two", block_type_slug: "account", secret_fields: ["user"] };
    const schema = await rest.post("/block_schemas/", { block_type_id: account.typeId, fields });
    const change = { block_schema_id: at(schema.body, "id") };
    expect((await rest.patch(`/block_documents/${id}`, change)).status).toBe(204);
    expect(await blocks.data(id, false)).toEqual({ user: MASK, key: SECRET });
    expect(await blocks.data(id, true)).toEqual({ user: "open-word", key: SECRET });
    expect(await stored()).not.toContain("open-word");
    const wrong = await rest.patch(`/block_documents/${id}`, { block_schema_id: NOBODY });
    expect(wrong.status).toBe(404);
    await rest.delete(`/block_documents/${id}`);
  });
});

describe("a block within another", () => {
  let outer: RegisteredType;
  let innerId: string;
  beforeAll(async () => {
    outer = await blocks.register("outer", { secret_fields: ["in.key"] });
    innerId = await blocks.store(account, "inner", { user: "u", key: SECRET });
  });
  const ref = (id: string): object => ({ $ref: { block_document_id: id } });

  test("is shown in its place, with its secrets masked, and told of apart", async () => {
    const { status, body } = await blocks.post(outer, "holder", { a: 1, in: ref(innerId) });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      data: { a: 1, in: { user: "u", key: MASK } },
      block_document_references: {
        in: { block_document: { id: innerId, name: "inner", block_type: { slug: "account" } } },
      },
    });
    const id = String(at(body, "id"));
    expect(await blocks.data(id, true)).toEqual({ a: 1, in: { user: "u", key: SECRET } });
    await rest.patch(`/block_documents/${id}`, { data: { a: 2 } });
    expect(await blocks.data(id, true)).toEqual({ a: 2, in: { user: "u", key: SECRET } });
    await rest.patch(`/block_documents/${innerId}`, { data: { user: "v" } });
    expect(await blocks.data(id, true)).toMatchObject({ in: { user: "v" } });
  });

  test("must exist, and must not contain the other", async () => {
    expect((await blocks.post(outer, "x", { in: ref(NOBODY) })).status).toBe(404);
    expect((await blocks.post(outer, "x", { in: ref("no-id") })).status).toBe(422);
    const below = await blocks.store(outer, "below", {});
    const above = await blocks.store(outer, "above", { in: ref(below) });
    const loop = await rest.patch(`/block_documents/${below}`, { data: { in: ref(above) } });
    expect(loop.status).toBe(422);
    expect(at(loop.body, "detail")).toContain("data.in");
    expect(await blocks.data(below, true)).toEqual({});
  });

  test("goes from the other when it is deleted", async () => {
    const gone = await blocks.store(account, "gone", {});
    const id = await blocks.store(outer, "left", { a: 1, in: ref(gone) });
    await rest.delete(`/block_documents/${gone}`);
    expect(await blocks.data(id, true)).toEqual({ a: 1 });
  });
});

test("blocks are listed and counted by what they and their kinds are", async () => {
  const kind = await blocks.register("listed", {}, ["can-list"]);
  for (const name of ["l-b", "l-a"]) await blocks.store(kind, name, {});
  await blocks.post(kind, "l-x", {}, { is_anonymous: true });
  const find = async (filters: object): Promise<unknown[]> => {
    const { body } = await rest.post("/block_documents/filter", filters);
    const count = await rest.post("/block_documents/count", filters);
    expect(count.body).toBe(names(body).length);
    return names(body);
  };
  const ours = { block_types: { slug: { any_: ["listed"] } } };
  expect(await find(ours)).toEqual(["l-a", "l-b"]);
  expect(await find({ ...ours, block_documents: { is_anonymous: null } })).toEqual([
    "l-a",
    "l-b",
    "l-x",
  ]);
  expect(await find({ ...ours, block_documents: { is_anonymous: { eq_: true } } })).toEqual([
    "l-x",
  ]);
  expect(await find({ ...ours, block_documents: { name: { like_: "L-B" } } })).toEqual(["l-b"]);
  expect(await find({ block_documents: { name: { any_: ["l-a"] } } })).toEqual(["l-a"]);
  expect(await find({ block_schemas: { block_capabilities: { all_: ["can-list"] } } })).toEqual([
    "l-a",
    "l-b",
  ]);
  expect(await find({ block_types: { name: { like_: "type LISTED" } } })).toEqual(["l-a", "l-b"]);
  expect(await find({ block_documents: { block_type_id: { any_: [kind.typeId] } } })).toEqual([
    "l-a",
    "l-b",
  ]);
  const down = await rest.post("/block_documents/filter", { ...ours, sort: "NAME_DESC" });
  expect(names(down.body)).toEqual(["l-b", "l-a"]);
  const sorted = { ...ours, sort: "BLOCK_TYPE_AND_NAME_ASC", limit: 1, offset: 1 };
  expect(names((await rest.post("/block_documents/filter", sorted)).body)).toEqual(["l-b"]);
});

test("a list shows secrets only if they are asked for", async () => {
  await blocks.store(account, "in-list", { key: SECRET });
  const filter = { block_documents: { name: { any_: ["in-list"] } } };
  const masked = await rest.post("/block_documents/filter", filter);
  expect(at(masked.body, 0, "data")).toEqual({ key: MASK });
  const shown = await rest.post("/block_documents/filter", { ...filter, include_secrets: true });
  expect(at(shown.body, 0, "data")).toEqual({ key: SECRET });
});
