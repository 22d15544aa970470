import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { newId } from "#shared/ids.ts";
import { at } from "#test/support/json-value.ts";
import { type RestAnswer, RestClient } from "#test/support/rest-client.ts";
import { TestServer } from "#test/support/test-server.ts";

const START_MS = 30_000;
const V2 = "/v2/concurrency_limits";
const V1 = "/concurrency_limits";

let server: TestServer;
let rest: RestClient;

beforeAll(async () => {
  server = await TestServer.start();
  rest = new RestClient(server.url);
}, START_MS);

afterAll(() => server[Symbol.asyncDispose]());

/** A fresh limit's name. */
async function limit(n: number, more: object = {}): Promise<string> {
  const name = `limit-${newId()}`;
  const { status } = await rest.post(`${V2}/`, { name, limit: n, ...more });
  expect(status).toBe(201);
  return name;
}

const take = (name: string, more: object = {}): Promise<RestAnswer> =>
  rest.post(`${V2}/increment-with-lease`, { names: [name], slots: 1, ...more });
const held = async (name: string): Promise<unknown> =>
  at((await rest.get(`${V2}/${name}`)).body, "active_slots");

const textAt = (value: unknown, ...path: (string | number)[]): string => String(at(value, ...path));

function expectFull(answer: RestAnswer): void {
  expect(answer.status).toBe(423);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
}

describe("a concurrency limit", () => {
  test("is created with 201 and read by id and by name", async () => {
    const name = `two words ${newId()}`;
    const created = await rest.post(`${V2}/`, {
      name,
      limit: 4,
      active_slots: 1,
      slot_decay_per_second: 0,
    });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      name,
      limit: 4,
      active: true,
      active_slots: 1,
      denied_slots: 0,
      slot_decay_per_second: 0,
      avg_slot_occupancy_seconds: 2,
    });
    const id = textAt(created.body, "id");
    const byId = await rest.get(`${V2}/${id}`);
    expect(byId).toMatchObject({ status: 200, body: { id, name, active_slots: 1 } });
    expect((await rest.get(`${V2}/${encodeURIComponent(name)}`)).body).toEqual(byId.body);
  });

  test("is refused with 409 for a taken name, 422 for a negative limit and an unknown field", async () => {
    const name = await limit(1);
    expect((await rest.post(`${V2}/`, { name, limit: 1 })).status).toBe(409);
    expect((await rest.post(`${V2}/`, { name: newId(), limit: -1 })).status).toBe(422);
    expect((await rest.post(`${V2}/`, { name: newId(), limit: 1, more: 1 })).status).toBe(422);
    const other = await limit(1);
    expect((await rest.patch(`${V2}/${other}`, { name })).status).toBe(409);
  });

  test("is changed and deleted with 204, and then is gone", async () => {
    const name = await limit(1);
    expect(await rest.patch(`${V2}/${name}`, { limit: 5, active: false })).toMatchObject({
      status: 204,
    });
    expect((await rest.get(`${V2}/${name}`)).body).toMatchObject({ limit: 5, active: false });
    expect((await rest.delete(`${V2}/${name}`)).status).toBe(204);
    for (const answer of [
      await rest.get(`${V2}/${name}`),
      await rest.patch(`${V2}/${name}`, { limit: 1 }),
      await rest.delete(`${V2}/${name}`),
    ]) {
      expect(answer.status).toBe(404);
    }
  });

  test("is listed by name, in pages", async () => {
    const names = [await limit(1), await limit(2)].toSorted();
    const { body } = await rest.post(`${V2}/filter`, { limit: 200, offset: 0 });
    const all = (Array.isArray(body) ? body : []).map((entry) => textAt(entry, "name"));
    expect(all).toEqual(all.toSorted());
    expect(all).toEqual(expect.arrayContaining(names));
    const second = await rest.post(`${V2}/filter`, { limit: 1, offset: 1 });
    expect(at(second.body, 0, "name")).toBe(all[1]);
    expect((await rest.post(`${V2}/filter`, { limit: 201 })).status).toBe(422);
  });
});

describe("slots under a lease", () => {
  test("are held until they are given back, and who finds none is told when to come again", async () => {
    const name = await limit(1);
    const taken = await take(name, { holder: { type: "task_run", id: newId() } });
    expect(taken).toMatchObject({ status: 200, body: { limits: [{ name, limit: 1 }] } });
    expect(await held(name)).toBe(1);
    expectFull(await take(name));
    const lease_id = textAt(taken.body, "lease_id");
    expect((await rest.post(`${V2}/leases/${lease_id}/renew`, {})).status).toBe(204);
    expect((await rest.post(`${V2}/decrement-with-lease`, { lease_id })).status).toBe(204);
    expect((await rest.post(`${V2}/decrement-with-lease`, { lease_id })).status).toBe(204);
    expect(await held(name)).toBe(0);
    expect((await take(name)).status).toBe(200);
  });

  test("of names that are no limit's, or of one that is disabled, are not limited", async () => {
    const off = await limit(1, { active: false });
    for (const names of [[`tag:${newId()}`], [off], [], [newId(), newId()]]) {
      for (const _ of [1, 2]) {
        const taken = await rest.post(`${V2}/increment-with-lease`, { names, slots: 1 });
        expect(taken).toMatchObject({ status: 200, body: { limits: [] } });
        const lease_id = textAt(taken.body, "lease_id");
        expect((await rest.post(`${V2}/leases/${lease_id}/renew`, {})).status).toBe(204);
      }
    }
  });

  test("of several limits are taken all or none", async () => {
    const [one, two] = [await limit(1), await limit(2)];
    const both = { names: [two, one], slots: 1 };
    expect((await rest.post(`${V2}/increment-with-lease`, both)).status).toBe(200);
    expectFull(await rest.post(`${V2}/increment-with-lease`, both));
    expect([await held(one), await held(two)]).toEqual([1, 1]);
  });

  test("that are more than the limit are refused with 422, as is a lease out of range", async () => {
    const name = await limit(2);
    const { status, body } = await take(name, { slots: 3 });
    expect(status).toBe(422);
    expect(at(body, "detail")).toContain(name);
    expect((await take(name, { lease_duration: 59 })).status).toBe(422);
    expect((await take(name, { slots: 0 })).status).toBe(422);
  });

  test("are lost with the lease's end: renewing answers 410", async () => {
    const unknown = await rest.post(`${V2}/leases/${newId()}/renew`, { lease_duration: 60 });
    expect(unknown.status).toBe(410);
    const name = await limit(1);
    const lease = textAt((await take(name)).body, "lease_id");
    await server.database.pool.query(
      "update sluice.concurrency_lease set expires_at = clock_timestamp() where id = $1",
      [lease],
    );
    expect((await rest.post(`${V2}/leases/${lease}/renew`, {})).status).toBe(410);
  });

  test("are never more than the limit, whoever asks at once", async () => {
    const name = await limit(3);
    const answers = await Promise.all(Array.from({ length: 30 }, () => take(name)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(answers.filter(({ status }) => status === 423)).toHaveLength(27);
    expect(await held(name)).toBe(3);
  });
});

describe("slots without a lease", () => {
  test("are given back by name", async () => {
    const name = await limit(2);
    const slots = { names: [name], slots: 2 };
    expect(await rest.post(`${V2}/increment`, slots)).toMatchObject({
      status: 200,
      body: [{ name, limit: 2 }],
    });
    expectFull(await rest.post(`${V2}/increment`, { names: [name], slots: 1 }));
    const given = await rest.post(`${V2}/decrement`, { ...slots, occupancy_seconds: 10 });
    expect(given).toMatchObject({ status: 200, body: [{ name }] });
    expect(await held(name)).toBe(0);
  });

  test("of a rate become free by time, and only a limit with decay has one", async () => {
    const rate = { slots: 1, mode: "rate_limit" };
    const plain = await limit(1);
    expect((await rest.post(`${V2}/increment`, { names: [plain], ...rate })).status).toBe(422);
    const name = await limit(1, { slot_decay_per_second: 0.5 });
    expect((await rest.post(`${V2}/increment`, { names: [name], ...rate })).status).toBe(200);
    const full = await rest.post(`${V2}/increment`, { names: [name], ...rate });
    expectFull(full);
    expect(Number(full.headers.get("retry-after"))).toBeGreaterThanOrEqual(2);
    await server.database.pool.query(
      "update sluice.concurrency_limit set counted_at = counted_at - interval '2 s' where name = $1",
      [name],
    );
    expect(await held(name)).toBe(0);
    expect((await rest.post(`${V2}/increment`, { names: [name], ...rate })).status).toBe(200);
  });

  test("are set by hand, but not below what leases hold", async () => {
    const name = await limit(5);
    await take(name, { slots: 2 });
    await rest.patch(`${V2}/${name}`, { active_slots: 4 });
    expect(await held(name)).toBe(4);
    await rest.patch(`${V2}/${name}`, { limit: 6, active_slots: null });
    expect(await held(name)).toBe(4);
    await rest.patch(`${V2}/${name}`, { active_slots: 0 });
    expect(await held(name)).toBe(2);
  });
});

describe("the limit of a tag", () => {
  test("is the limit `tag:TAG`, created or changed with 200", async () => {
    const tag = `tag ${newId()}`;
    const created = await rest.post(`${V1}/`, { tag, concurrency_limit: 2 });
    expect(created).toMatchObject({
      status: 200,
      body: { tag, concurrency_limit: 2, active_slots: [] },
    });
    const again = await rest.post(`${V1}/`, { tag, concurrency_limit: 3 });
    expect(again.body).toMatchObject({ id: at(created.body, "id"), concurrency_limit: 3 });
    const path = `${V1}/tag/${encodeURIComponent(tag)}`;
    expect((await rest.get(path)).body).toEqual(again.body);
    expect((await rest.get(`${V1}/${textAt(created.body, "id")}`)).body).toEqual(again.body);
    expect((await rest.get(`${V2}/${encodeURIComponent(`tag:${tag}`)}`)).status).toBe(200);
    const { body } = await rest.post(`${V1}/filter`, {});
    expect(body).toEqual(expect.arrayContaining([again.body]));
    expect(body).not.toEqual(expect.arrayContaining([expect.objectContaining({ tag: "" })]));
  });

  test("is deleted with 200, by tag and by id, and then is 404", async () => {
    for (const by of ["tag", "id"] as const) {
      const tag = newId();
      const { body } = await rest.post(`${V1}/`, { tag, concurrency_limit: 1 });
      const path = by === "tag" ? `${V1}/tag/${tag}` : `${V1}/${textAt(body, "id")}`;
      expect(await rest.delete(path)).toMatchObject({ status: 200, body: null });
      expect((await rest.delete(path)).status).toBe(404);
      expect((await rest.get(path)).status).toBe(404);
    }
    const other = await rest.post(`${V2}/`, { name: newId(), limit: 1 });
    expect((await rest.get(`${V1}/${textAt(other.body, "id")}`)).status).toBe(404);
  });

  test("has a slot for a task run once, however often it asks, and lists who holds it", async () => {
    const tag = newId();
    await rest.post(`${V1}/`, { tag, concurrency_limit: 1 });
    const [first, second] = [newId(), newId()];
    const ask = (task_run_id: string): Promise<RestAnswer> =>
      rest.post(`${V1}/increment`, { names: [tag, newId()], task_run_id });
    for (const _ of [1, 2]) {
      expect(await ask(first)).toMatchObject({ status: 200, body: [{ name: `tag:${tag}` }] });
    }
    expectFull(await ask(second));
    expect((await rest.get(`${V1}/tag/${tag}`)).body).toMatchObject({ active_slots: [first] });
    expect((await rest.post(`${V1}/decrement`, { names: [tag], task_run_id: first })).status).toBe(
      200,
    );
    expect((await ask(second)).status).toBe(200);
  });

  test("is reset to the task runs that are named", async () => {
    const tag = newId();
    await rest.post(`${V1}/`, { tag, concurrency_limit: 3 });
    await rest.post(`${V1}/increment`, { names: [tag], task_run_id: newId() });
    await take(`tag:${tag}`);
    const kept = newId();
    expect((await rest.post(`${V1}/tag/${tag}/reset`, { slot_override: [kept] })).status).toBe(200);
    expect((await rest.get(`${V1}/tag/${tag}`)).body).toMatchObject({ active_slots: [kept] });
    expect((await rest.post(`${V1}/tag/${tag}/reset`, {})).status).toBe(200);
    expect(await held(`tag:${tag}`)).toBe(0);
    expect((await rest.post(`${V1}/tag/${newId()}/reset`, {})).status).toBe(404);
  });
});
