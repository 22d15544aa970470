import { afterEach, expect, test } from "bun:test";
import type { DeploymentLimit } from "#server/store/deployment-limits.ts";
import { applyReports } from "#server/transitions/apply-reports.ts";
import { cancelFlowRun } from "#server/transitions/cancel-flow-run.ts";
import { createWorkPool } from "#server/transitions/create-work-pool.ts";
import { type GrantedLease, grantLeases } from "#server/transitions/grant-leases.ts";
import { grantStarts } from "#server/transitions/grant-starts.ts";
import { openAgentSession } from "#server/transitions/open-agent-session.ts";
import { updateConcurrencyLimit } from "#server/transitions/update-concurrency-limit.ts";
import { newId } from "#shared/ids.ts";
import { at } from "#test/support/json-value.ts";
import { setFlowRunState } from "#server/transitions/set-flow-run-state.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";

const worlds: LeaseWorld[] = [];

async function world(options?: Parameters<typeof LeaseWorld.create>[0]): Promise<LeaseWorld> {
  const created = await LeaseWorld.create(options);
  worlds.push(created);
  return created;
}

afterEach(async () => {
  for (const used of worlds.splice(0)) await used.database.drop();
});

function atMost(limit: number, strategy: DeploymentLimit["strategy"] = "ENQUEUE") {
  return { concurrency: { limit, strategy, gracePeriodSeconds: null } };
}

/** The attempt ends well. */
async function end(w: LeaseWorld, lease: GrantedLease): Promise<void> {
  await grantStarts(w.ctx, [lease]);
  await applyReports(w.ctx, [
    {
      ...lease,
      sequence: 1,
      event: {
        kind: "exited",
        exitCode: 0,
        signal: null,
        startedAfterUs: 1,
        firstOutputAfterUs: null,
        exitedAfterUs: 2,
        outputBytes: 0,
        stoppedOnOrder: false,
        message: "",
      },
    },
  ]);
}

/** Pools that are woken from now on. */
function wokenPools(w: LeaseWorld): Set<string> {
  const woken = new Set<string>();
  w.ctx.wakeUps.on("pool", (id) => woken.add(id));
  return woken;
}

/** What is asked of the database from now on, by name; each answer begins anew. */
function statementsOf(w: LeaseWorld): () => string[] {
  const names: string[] = [];
  w.database.pool.on("acquire", (client) => {
    const query: (...values: unknown[]) => unknown = client.query.bind(client);
    Reflect.set(client, "query", (...values: unknown[]) => {
      const [statement] = values;
      names.push(
        typeof statement === "string"
          ? (statement.split(";")[0] ?? "")
          : String(at(statement, "name")),
      );
      return query(...values);
    });
  });
  w.database.pool.on("release", (_, client) => Reflect.deleteProperty(client, "query"));
  return () => names.splice(0);
}

test("a full deployment lets its runs wait as they are, and wakes them when a slot is free", async () => {
  const w = await world();
  await w.deploy("limited", 0, "", atMost(1));
  const ids = await w.createRuns(3, 0, "work/limited");
  const agent = await w.hello();
  const first = await w.claimOne(agent);
  expect(first.flowRunId).toBe(ids[0] ?? "");
  expect(await w.claim(agent)).toEqual([]);
  expect(await w.run(ids[1] ?? "")).toMatchObject({ type: "SCHEDULED", name: "Scheduled" });
  const woken = wokenPools(w);
  await end(w, first);
  expect([...woken]).toEqual([w.poolId]);
  expect((await w.claimOne(agent)).flowRunId).toBe(ids[1] ?? "");
});

test("a slot is held until the process is gone, whatever the run's state", async () => {
  const w = await world();
  await w.deploy("limited", 0, "", atMost(1));
  await w.createRuns(2, 0, "work/limited");
  const agent = await w.hello();
  const lease = await w.claimOne(agent);
  await grantStarts(w.ctx, [lease]);
  await cancelFlowRun(w.ctx, lease.flowRunId);
  expect((await w.run(lease.flowRunId)).type).toBe("CANCELLING");
  expect(await w.claim(agent)).toEqual([]);
  await w.database.pool.query("update sluice.flow_run set state_type = 'COMPLETED' where id = $1", [
    lease.flowRunId,
  ]);
  expect(await w.claim(agent)).toEqual([]);
});

test("a run that finds no slot is CANCELLED with the reason where the deployment says so", async () => {
  const w = await world();
  await w.deploy("limited", 0, "", atMost(1, "CANCEL_NEW"));
  const ids = await w.createRuns(3, 0, "work/limited");
  const future = await w.createRuns(1, 5, "work/limited");
  const agent = await w.hello(undefined, { prefetchSeconds: 30 });
  await w.claimOne(agent);
  for (const id of ids.slice(1)) {
    const run = await w.run(id);
    expect(run).toMatchObject({ type: "CANCELLED" });
    expect(run.message).toContain("concurrency limit");
  }
  expect((await w.run(future[0] ?? "")).type).toBe("SCHEDULED");
});

test("a limit of 0 cancels what is due, and says why", async () => {
  const w = await world();
  const id = await w.deploy("limited", 0, "", atMost(1));
  await updateConcurrencyLimit(w.ctx, `deployment:${id}`, { limit: 0 });
  const [run = ""] = await w.createRuns(1, 0, "work/limited");
  expect(await w.claim(await w.hello())).toEqual([]);
  expect(await w.run(run)).toMatchObject({ type: "CANCELLED" });
  expect((await w.run(run)).message).toContain("limit is 0");
});

test("ten thousand runs that wait for their deployment hide no others, in one claim", async () => {
  const w = await world();
  await w.deploy("limited", 0, "", atMost(1));
  await w.createRuns(10_001, 0, "work/limited");
  const agent = await w.hello();
  const [first] = await w.claim(agent);
  expect(first?.deploymentName).toBe("limited");
  const behind = await w.createRuns(3);
  const leases = await w.claim(agent);
  expect(leases.map((lease) => lease.flowRunId).toSorted()).toEqual(behind.toSorted());
}, 60_000);

test("a claim asks the database nothing more where no deployment of its candidates is limited", async () => {
  const w = await world();
  await w.deploy("limited", 0, "", atMost(1));
  await w.createRuns(3);
  const agent = await w.hello();
  const asked = statementsOf(w);
  const leases = await w.claim(agent);
  expect(leases).toHaveLength(3);
  // Beside the claim the hello is still being noted as a poll of the queues.
  expect(asked().filter((name) => /^(claim|flow-run|lease|concurrency)-/.test(name))).toEqual([
    "claim-facts",
    "claim-candidates",
    "claim-lock",
    "claim-terms",
    "flow-run-change",
    "lease-insert",
    "claim-next-due",
  ]);
  for (const lease of leases) await grantStarts(w.ctx, [lease]);
  expect(asked().filter((name) => /limit|slot/.test(name))).toEqual([]);
  await w.createRuns(1, 0, "work/limited");
  expect(await w.claim(agent)).toHaveLength(1);
  expect(asked()).toContain("concurrency-limit-lock");
});

test("a limit holds over pools, and a slot freed in one wakes the other", async () => {
  const w = await world();
  const owner = await w.deploy("here", 0, "", atMost(1));
  const { rows } = await w.database.pool.query<{ id: string }>(
    "select concurrency_limit_id as id from sluice.deployment where id = $1",
    [owner],
  );
  const limitId = rows[0]?.id ?? "";
  const other = await createWorkPool(w.ctx, {
    name: "other",
    type: "process",
    description: "",
    isPaused: false,
    concurrencyLimit: null,
  });
  await w.deploy("there", 0, "", {
    workPoolName: "other",
    concurrency: { limit: { id: limitId }, strategy: "ENQUEUE", gracePeriodSeconds: null },
  });
  await w.createRuns(1, 0, "work/here");
  await w.createRuns(1, 0, "work/there");
  const lease = await w.claimOne(await w.hello());
  const agentId = newId();
  await openAgentSession(w.ctx, {
    agentId,
    session: 1,
    name: "there",
    workPoolName: "other",
    type: "",
    workQueueNames: [],
    limit: null,
    prefetchSeconds: 0,
    version: "0",
    hostname: "here",
    held: [],
    createPoolIfNotFound: false,
  });
  const claimThere = async (): Promise<readonly GrantedLease[]> =>
    (await grantLeases(w.ctx, other, [{ agentId, session: 1, freeSlots: 5 }])).leases;
  expect(await claimThere()).toEqual([]);
  const woken = wokenPools(w);
  await end(w, lease);
  expect(woken).toContain(other);
  expect(await claimThere()).toHaveLength(1);
});

test("a raised limit wakes what waits, and a disabled one limits nothing", async () => {
  const w = await world();
  const id = await w.deploy("limited", 0, "", atMost(1));
  await w.createRuns(6, 0, "work/limited");
  const agent = await w.hello();
  expect(await w.claim(agent)).toHaveLength(1);
  const woken = wokenPools(w);
  await updateConcurrencyLimit(w.ctx, `deployment:${id}`, { limit: 3 });
  expect([...woken]).toEqual([w.poolId]);
  expect(await w.claim(agent)).toHaveLength(2);
  await updateConcurrencyLimit(w.ctx, `deployment:${id}`, { active: false });
  expect(await w.claim(agent)).toHaveLength(3);
});

test("applying a deployment without a limit takes it away with its own limit", async () => {
  const w = await world();
  await w.deploy("limited", 0, "", atMost(1));
  await w.createRuns(2, 0, "work/limited");
  const agent = await w.hello();
  expect(await w.claim(agent)).toHaveLength(1);
  await w.deploy("limited");
  expect(await w.claim(agent)).toEqual([]);
  await w.deploy("limited", 0, "", {
    concurrency: { limit: null, strategy: "ENQUEUE", gracePeriodSeconds: null },
  });
  expect(await w.claim(agent)).toHaveLength(1);
  const { rows } = await w.database.pool.query("select from sluice.concurrency_limit");
  expect(rows).toHaveLength(0);
});

test("a state proposed for a run of a full deployment is held against its limit, and ENQUEUE waits", async () => {
  const w = await world();
  await w.deploy("limited", 0, "", atMost(1));
  const [first = "", second = ""] = await w.createRuns(2, 0, "work/limited");
  const pending = (flowRunId: string): ReturnType<typeof setFlowRunState> =>
    setFlowRunState(w.ctx, { flowRunId, state: { type: "PENDING" }, force: false, claim: null });
  expect((await pending(first)).answer.status).toBe("ACCEPT");
  const refused = await pending(second);
  expect(refused.answer.status).toBe("REJECT");
  expect(refused.state).toMatchObject({ type: "SCHEDULED", name: "AwaitingConcurrencySlot" });
  expect(await w.claim(await w.hello())).toEqual([]);
});
