import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { at } from "#test/support/json-value.ts";
import { RestClient } from "#test/support/rest-client.ts";
import { TestServer } from "#test/support/test-server.ts";

const NOBODY = "00000000-0000-0000-0000-000000000000";

let server: TestServer;
let rest: RestClient;

beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
});

afterAll(() => server[Symbol.asyncDispose]());

describe("a variable", () => {
  test("is created with 201, read by id and by name, and deleted with 204", async () => {
    const value = { list: [1, "two", null] };
    const created = await rest.post("/variables/", { name: "life_of-1", value, tags: ["a", "a"] });
    expect(created).toMatchObject({ status: 201, body: { name: "life_of-1", value, tags: ["a"] } });
    const id = String(at(created.body, "id"));
    expect((await rest.get(`/variables/${id}`)).body).toEqual(created.body);
    expect((await rest.get("/variables/name/life_of-1")).body).toEqual(created.body);
    expect((await rest.delete("/variables/name/life_of-1")).status).toBe(204);
    expect((await rest.get(`/variables/${id}`)).status).toBe(404);
    expect((await rest.delete(`/variables/${id}`)).status).toBe(404);
  });

  test.each(["1.0", "12345678901234567890", '{"b":1e2,"a":[-0.0]}', "null", "false", '""'])(
    "keeps %p to the letter",
    async (value) => {
      await rest.delete("/variables/name/letter");
      await rest.send("POST", "/variables/", `{"name":"letter","value":${value}}`);
      const answer = await fetch(`${server.url}/api/variables/name/letter`);
      expect(await answer.text()).toContain(`"value":${value},`);
    },
  );

  test("may be of any kind of small name, and of a value of up to 5000 characters", async () => {
    for (const name of ["Upper", "", "with space", "x/y", "ü"]) {
      expect((await rest.post("/variables/", { name, value: 1 })).status).toBe(422);
    }
    expect((await rest.post("/variables/", { name: "a".repeat(256), value: 1 })).status).toBe(422);
    const most = { name: "most", value: "x".repeat(4998) };
    expect((await rest.post("/variables/", most)).status).toBe(201);
    const tooMuch = await rest.post("/variables/", { name: "more", value: "x".repeat(4999) });
    expect(tooMuch.status).toBe(422);
    expect(at(tooMuch.body, "detail")).toContain("5000");
    expect((await rest.post("/variables/", { name: "none" })).status).toBe(422);
  });

  test("of a name that is taken is refused with 409", async () => {
    await rest.post("/variables/", { name: "taken", value: 1 });
    const again = await rest.post("/variables/", { name: "taken", value: 2 });
    expect(again.status).toBe(409);
    expect(at(again.body, "detail")).toContain("'taken'");
  });
});

describe("changing a variable", () => {
  test("answers 204 and changes what is given; null is a value", async () => {
    const { body } = await rest.post("/variables/", { name: "changed", value: 1, tags: ["t"] });
    const path = `/variables/${String(at(body, "id"))}`;
    expect(await rest.patch(path, { value: null })).toMatchObject({ status: 204, body: undefined });
    expect((await rest.get(path)).body).toMatchObject({ value: null, tags: ["t"] });
    await rest.patch("/variables/name/changed", { name: "renamed", tags: ["x"] });
    expect((await rest.get(path)).body).toMatchObject({
      name: "renamed",
      value: null,
      tags: ["x"],
    });
    expect((await rest.patch(path, {})).status).toBe(204);
    await rest.patch(path, { tags: null });
    expect((await rest.get(path)).body).toMatchObject({ name: "renamed", tags: [] });
    expect((await rest.patch(path, { name: null })).status).toBe(422);
  });

  test("into a name that is taken is refused, and so is what does not exist", async () => {
    await rest.post("/variables/", { name: "first", value: 1 });
    await rest.post("/variables/", { name: "second", value: 2 });
    expect((await rest.patch("/variables/name/second", { name: "first" })).status).toBe(409);
    expect((await rest.get("/variables/name/second")).body).toMatchObject({ value: 2 });
    expect((await rest.patch("/variables/name/absent", { value: 1 })).status).toBe(404);
    expect((await rest.patch(`/variables/${NOBODY}`, { value: 1 })).status).toBe(404);
  });
});

describe("lists of variables", () => {
  beforeAll(async () => {
    for (const [name, tags] of [
      ["list_b", ["x"]],
      ["list_a", ["x", "y"]],
      ["list_c", []],
    ] as const) {
      await rest.post("/variables/", { name, value: name, tags });
    }
  });

  const find = async (variables: object, more: object = {}): Promise<unknown[]> => {
    const { body } = await rest.post("/variables/filter", { variables, ...more });
    return Array.isArray(body) ? body.map((variable) => at(variable, "name")) : [];
  };
  const ours = { name: { like_: "LIST" } };

  test("come by name unless another order is asked for", async () => {
    expect(await find(ours)).toEqual(["list_a", "list_b", "list_c"]);
    expect(await find(ours, { sort: "NAME_DESC" })).toEqual(["list_c", "list_b", "list_a"]);
    expect(await find(ours, { sort: "CREATED_DESC" })).toEqual(["list_c", "list_a", "list_b"]);
    await rest.patch("/variables/name/list_b", { value: 1 });
    expect((await find(ours, { sort: "UPDATED_DESC" }))[0]).toBe("list_b");
    expect(await find(ours, { limit: 1, offset: 1 })).toEqual(["list_b"]);
  });

  test("are filtered by name, id and tags, joined by the operator", async () => {
    expect(await find({ name: { any_: ["list_c", "list_a"] } })).toEqual(["list_a", "list_c"]);
    expect(await find({ name: { any_: [] } })).toEqual([]);
    expect(await find({ ...ours, tags: { all_: ["x", "y"] } })).toEqual(["list_a"]);
    expect(await find({ ...ours, tags: { is_null_: true } })).toEqual(["list_c"]);
    expect(await find({ ...ours, tags: { is_null_: false } })).toEqual(["list_a", "list_b"]);
    const eitherTag = { operator: "or_", all_: ["y"], is_null_: true };
    expect(await find({ ...ours, tags: eitherTag })).toEqual(["list_a", "list_c"]);
    const either = { operator: "or_", name: { any_: ["list_b"] }, tags: { all_: ["y"] } };
    expect(await find(either)).toEqual(["list_a", "list_b"]);
    const { body } = await rest.get("/variables/name/list_c");
    expect(await find({ id: { any_: [at(body, "id")] } })).toEqual(["list_c"]);
  });

  test("are counted by the same filter", async () => {
    expect((await rest.post("/variables/count", { variables: ours })).body).toBe(3);
    const all = await rest.post("/variables/filter", {});
    expect((await rest.send("POST", "/variables/count")).body).toBe(
      Array.isArray(all.body) ? all.body.length : -1,
    );
  });
});
