import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { PoolClient } from "pg";
import { createFlowRuns } from "#server/transitions/create-flow-runs.ts";
import { createVariable } from "#server/transitions/create-variable.ts";
import { deleteBlockDocument } from "#server/transitions/delete-block-document.ts";
import type { GrantedLease } from "#server/transitions/grant-leases.ts";
import { installBlockTypes } from "#server/transitions/install-block-types.ts";
import type { AgentKey } from "#server/transitions/held-attempts.ts";
import { updateWorkPool } from "#server/transitions/update-work-pool.ts";
import type { JsonObject } from "#shared/json.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";
import { storeBlock } from "#test/support/stored-block.ts";

const SECRET = "s3cr3t-value";

let world: LeaseWorld;
let agent: AgentKey;

beforeAll(async () => {
  world = await LeaseWorld.create();
  await installBlockTypes(world.ctx);
  const anything = { command: {}, env: {} };
  await updateWorkPool(world.ctx, world.poolName, {
    baseJobTemplate: JSON.stringify({
      job_configuration: { command: "{{ command }}", env: "{{ env }}" },
      variables: { type: "object", properties: anything },
    }),
  });
  agent = await world.hello();
  await store("secret", "plain", { value: SECRET });
  await store("aws-credentials", "prod", {
    aws_access_key_id: "{{ prefect.variables.key_id }}",
    aws_secret_access_key: SECRET,
  });
  await createVariable(world.ctx, { name: "key_id", value: '"AKIA"', tags: [] });
  await createVariable(world.ctx, { name: "nothing", value: "null", tags: [] });
});

afterAll(() => world.database.drop());

const store = (slug: string, name: string, data: JsonObject): Promise<string> =>
  storeBlock(world.ctx, slug, name, data);

/** The lease of a run with these variables in its environment. */
async function leaseWith(
  env: JsonObject,
  deployment = "work/main",
  beforeClaim: () => Promise<void> = async () => {},
): Promise<GrantedLease> {
  const [answer] = await createFlowRuns(world.ctx, [
    {
      deployment,
      name: null,
      parameters: "",
      jobVariables: JSON.stringify({ env }),
      tags: [],
      idempotencyKey: null,
      scheduledTime: null,
      workQueueName: null,
    },
  ]);
  if (answer instanceof Error) throw answer;
  await beforeClaim();
  return world.claimOne(agent);
}

async function referencesWith(env: JsonObject): Promise<unknown> {
  const { references } = await leaseWith(env);
  return references === "" ? undefined : JSON.parse(references);
}

/** The names of the statements that are sent until it is disposed of. */
function watchStatements(): Disposable & { readonly names: string[] } {
  const names: string[] = [];
  const watched = new Set<PoolClient>();
  const onAcquire = (client: PoolClient): void => {
    if (watched.has(client)) return;
    watched.add(client);
    const query: unknown = Reflect.get(client, "query");
    if (typeof query !== "function") throw new Error("a client cannot be asked");
    Reflect.set(client, "query", (...args: unknown[]): unknown => {
      const [statement] = args;
      if (typeof statement === "object" && statement !== null && "name" in statement) {
        names.push(String(statement.name));
      }
      return Reflect.apply(query, client, args);
    });
  };
  const { pool } = world.ctx;
  pool.on("acquire", onAcquire);
  return {
    names,
    [Symbol.dispose]: () => {
      pool.off("acquire", onAcquire);
      // What was set hides the one of its class.
      for (const client of watched) Reflect.deleteProperty(client, "query");
    },
  };
}

describe("a lease", () => {
  test("without references carries none, and costs no statement more", async () => {
    using watched = watchStatements();
    expect(await referencesWith({ A: "{{ $HOME }}" })).toBeUndefined();
    const statements = watched.names;
    expect(statements).toContain("claim-facts");
    expect(statements.filter((name) => /block|variable/.test(name))).toEqual([]);
  });

  test("carries what its job refers to: blocks, what is in them, and variables", async () => {
    const id = await store("secret", "by-id", { value: { deep: SECRET } });
    expect(
      await referencesWith({
        A: "{{ prefect.blocks.secret.plain }}",
        B: "x {{ prefect.blocks.secret.by-id.value.deep }}",
        C: { $ref: { block_document_id: id } },
        D: "{{ prefect.variables.key_id }}{{ prefect.variables.nothing }}",
        E: "{{ prefect.variables.absent }}",
      }),
    ).toEqual({
      "prefect.blocks.secret.plain": { value: SECRET },
      "prefect.blocks.secret.by-id.value.deep": { value: SECRET },
      [`block_document_id ${id}`]: { value: { value: { deep: SECRET } } },
      "prefect.variables.key_id": { value: "AKIA" },
      "prefect.variables.nothing": { value: null },
      "prefect.variables.absent": { value: "" },
    });
  });

  test("carries the variables that a block of it holds", async () => {
    expect(
      await referencesWith({ A: "{{ prefect.blocks.aws-credentials.prod.aws_access_key_id }}" }),
    ).toEqual({
      "prefect.blocks.aws-credentials.prod.aws_access_key_id": {
        value: "{{ prefect.variables.key_id }}",
      },
      "prefect.variables.key_id": { value: "AKIA" },
    });
  });

  test("carries in place of what cannot be had why that is", async () => {
    const gone = await store("secret", "gone", { value: 1 });
    const unreadable = await store("secret", "unreadable", { value: 1 });
    await world.database.pool.query(
      `update sluice.block_document set secrets = '[{"path":["value"],"sealed":"v1.0.AAAA"}]'
        where id = $1`,
      [unreadable],
    );
    const env = {
      A: "{{ prefect.blocks.secret.gone }}",
      B: "{{ prefect.blocks.secret }}",
      C: "{{ prefect.blocks.secret.plain.value.more }}",
      D: { $ref: { block_document_id: gone } },
      E: "{{ prefect.blocks.secret.unreadable }}",
    };
    const { references } = await leaseWith(env, "work/main", () =>
      deleteBlockDocument(world.ctx, gone),
    );
    expect(JSON.parse(references)).toEqual({
      "prefect.blocks.secret.gone": { error: expect.stringContaining("no such block") },
      "prefect.blocks.secret": { error: expect.stringContaining("TYPE.NAME") },
      "prefect.blocks.secret.plain.value.more": { error: expect.stringContaining("value.more") },
      [`block_document_id ${gone}`]: { error: expect.stringContaining("no such block") },
      "prefect.blocks.secret.unreadable": { error: expect.stringContaining("v1.0") },
    });
  });

  test("carries nothing that a later level replaced", async () => {
    await world.deploy("replaced");
    await world.database.pool.query(
      `update sluice.deployment set job_variables = job_variables ||
              '{"env": {"A": "{{ prefect.blocks.secret.absent }}", "B": "{{ prefect.variables.stage }}"}}'
        where name = 'replaced'`,
    );
    const { references } = await leaseWith({ A: "x" }, "work/replaced");
    expect(JSON.parse(references)).toEqual({ "prefect.variables.stage": { value: "" } });
  });
});

test("nothing of a secret is in what the database keeps of a run", async () => {
  await leaseWith({ A: "{{ prefect.blocks.secret.plain }}" });
  const { rows } = await world.database.pool.query<{ text: string }>(
    `select r::text as text from sluice.flow_run r
      union all select p::text from sluice.flow_run_payload p
      union all select s::text from sluice.flow_run_state s
      union all select l::text from sluice.lease l
      union all select e::text from sluice.event e
      union all select d::text from sluice.block_document d`,
  );
  expect(rows.length).toBeGreaterThan(0);
  expect(rows.filter(({ text }) => text.includes(SECRET))).toEqual([]);
});
