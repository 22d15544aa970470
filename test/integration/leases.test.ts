import { afterEach, expect, test } from "bun:test";
import { acceptLeases } from "#server/transitions/accept-leases.ts";
import { applyReports, type ReportEvent } from "#server/transitions/apply-reports.ts";
import { cancelFlowRun } from "#server/transitions/cancel-flow-run.ts";
import { grantStarts } from "#server/transitions/grant-starts.ts";
import { returnLeases } from "#server/transitions/return-leases.ts";
import { sweep } from "#server/transitions/sweep.ts";
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

const exited = (exitCode: number, stoppedOnOrder = false): ReportEvent => ({
  kind: "exited",
  exitCode,
  signal: null,
  startedAfterUs: 1_000,
  firstOutputAfterUs: 2_000,
  exitedAfterUs: 3_000,
  outputBytes: 0,
  stoppedOnOrder,
  message: "",
});

test("a run goes from creation to COMPLETED through one lease", async () => {
  const w = await world();
  const [id = ""] = await w.createRuns(1);
  const agent = await w.hello();
  const lease = await w.claimOne(agent);
  expect(lease).toMatchObject({ flowRunId: id, epoch: 1, attempt: 1, flowName: "work" });
  expect(await w.run(id)).toMatchObject({ type: "PENDING", epoch: 1, leased: true });
  expect(await grantStarts(w.ctx, [lease])).toEqual([{ decision: "granted" }]);
  expect(await w.run(id)).toMatchObject({ type: "RUNNING", runCount: 1 });
  await applyReports(w.ctx, [
    {
      ...lease,
      sequence: 1,
      event: { kind: "started", infrastructureId: "77", sinceStartGrantedUs: 5 },
    },
    { ...lease, sequence: 2, event: exited(0) },
  ]);
  expect(await w.run(id)).toMatchObject({ type: "COMPLETED", leased: false });
  expect(await w.claim(agent)).toHaveLength(0);
});

test("every message of a lease may come twice", async () => {
  const w = await world();
  const [id = ""] = await w.createRuns(1);
  const lease = await w.claimOne(await w.hello());
  await acceptLeases(w.ctx, [lease, lease]);
  expect(await grantStarts(w.ctx, [lease, lease])).toEqual([
    { decision: "granted" },
    { decision: "granted" },
  ]);
  expect(await grantStarts(w.ctx, [lease])).toEqual([{ decision: "granted" }]);
  const report = { ...lease, sequence: 1, event: exited(0) };
  await applyReports(w.ctx, [report, report]);
  await applyReports(w.ctx, [{ ...report, event: exited(1) }]);
  expect(await w.run(id)).toMatchObject({ type: "COMPLETED", runCount: 1 });
});

test("a lease that is not accepted in time is granted anew, and the old epoch changes nothing", async () => {
  const w = await world();
  const [id = ""] = await w.createRuns(1);
  const agent = await w.hello();
  const old = await w.claimOne(agent);
  await w.age(6);
  await sweep(w.ctx);
  expect(await w.run(id)).toMatchObject({ type: "SCHEDULED", epoch: 1, leased: false });
  const fresh = await w.claimOne(agent);
  expect(fresh.epoch).toBe(2);
  expect((await grantStarts(w.ctx, [old]))[0]?.decision).toBe("refused");
  await applyReports(w.ctx, [{ ...old, sequence: 1, event: exited(1) }]);
  expect(await w.run(id)).toMatchObject({ type: "PENDING", epoch: 2, leased: true });
  expect((await grantStarts(w.ctx, [fresh]))[0]?.decision).toBe("granted");
});

test("a lease that its agent never got goes back with its original time at the next hello", async () => {
  const w = await world();
  const [id = ""] = await w.createRuns(1);
  const due = (await w.run(id)).nextStartAt;
  const agent = await w.hello();
  await w.claimOne(agent);
  await w.hello({ agentId: agent.agentId, session: 2 });
  expect(await w.run(id)).toMatchObject({ type: "SCHEDULED", nextStartAt: due, leased: false });
});

test("an older session is refused, and so is what is said in it", async () => {
  const w = await world();
  const [id = ""] = await w.createRuns(1);
  const agent = await w.hello();
  const lease = await w.claimOne(agent);
  await acceptLeases(w.ctx, [lease]);
  await w.hello(
    { agentId: agent.agentId, session: 2 },
    { held: [{ ...lease, phase: "accepted" }] },
  );
  expect((await grantStarts(w.ctx, [lease]))[0]?.decision).toBe("refused");
  expect(await w.run(id)).toMatchObject({ type: "PENDING" });
  expect((await grantStarts(w.ctx, [{ ...lease, session: 2 }]))[0]?.decision).toBe("granted");
  expect(w.hello({ agentId: agent.agentId, session: 2 })).rejects.toMatchObject({
    reason: "stale_session",
  });
});

test("what an agent holds but may not is fenced at its hello", async () => {
  const w = await world();
  await w.createRuns(1);
  const first = await w.hello();
  const lease = await w.claimOne(first);
  await w.age(6);
  await sweep(w.ctx);
  const again = await w.hello(
    { agentId: first.agentId, session: 2 },
    { held: [{ ...lease, phase: "running" }] },
  );
  expect(again.fenced).toMatchObject([{ flowRunId: lease.flowRunId, epoch: 1 }]);
});

test("a silent agent's started run is CRASHED after the grace, one not started runs elsewhere", async () => {
  const w = await world();
  const agent = await w.hello();
  const [started = "", waiting = ""] = await w.createRuns(2);
  const leases = await w.claim(agent);
  await acceptLeases(w.ctx, leases);
  await grantStarts(
    w.ctx,
    leases.filter((lease) => lease.flowRunId === started),
  );
  await w.age(59);
  await sweep(w.ctx);
  expect((await w.run(started)).type).toBe("RUNNING");
  await w.age(2);
  await sweep(w.ctx);
  expect(await w.run(started)).toMatchObject({ type: "CRASHED", leased: false });
  expect(await w.run(waiting)).toMatchObject({ type: "SCHEDULED", leased: false });
});

test("silence while no replica could commit is forgiven", async () => {
  const w = await world();
  const [id = ""] = await w.createRuns(1);
  const lease = await w.claimOne(await w.hello());
  await grantStarts(w.ctx, [lease]);
  await w.age(120);
  await w.database.pool.query("update sluice.liveness set beat_at = beat_at - interval '120 s'");
  await sweep(w.ctx);
  expect((await w.run(id)).type).toBe("RUNNING");
  await w.age(61);
  await sweep(w.ctx);
  expect((await w.run(id)).type).toBe("CRASHED");
});

test("a cancelled run holds its slot until its tree is gone, and nothing is granted for it", async () => {
  const w = await world({ limit: 1 });
  const agent = await w.hello();
  const [id = ""] = await w.createRuns(1);
  const lease = await w.claimOne(agent);
  await grantStarts(w.ctx, [lease]);
  await w.createRuns(1);
  await cancelFlowRun(w.ctx, id);
  await cancelFlowRun(w.ctx, id);
  expect(await w.run(id)).toMatchObject({ type: "CANCELLING", leased: true });
  expect(await w.claim(agent)).toHaveLength(0);
  const again = await w.hello(
    { agentId: agent.agentId, session: 2 },
    { held: [{ ...lease, phase: "running" }] },
  );
  expect(again.stops).toMatchObject([{ flowRunId: id, reason: "cancelled" }]);
  await applyReports(w.ctx, [{ ...lease, session: 2, sequence: 9, event: exited(143, true) }]);
  expect(await w.run(id)).toMatchObject({ type: "CANCELLED", leased: false });
  await w.claimOne(again);
  expect(cancelFlowRun(w.ctx, id)).rejects.toMatchObject({ reason: "flow_run_ended" });
});

test("a cancelled run that was granted but not started ends CANCELLED without starting", async () => {
  const w = await world();
  const [id = ""] = await w.createRuns(1);
  const lease = await w.claimOne(await w.hello());
  await cancelFlowRun(w.ctx, id);
  expect((await grantStarts(w.ctx, [lease]))[0]?.decision).toBe("refused");
  expect(await w.run(id)).toMatchObject({ type: "CANCELLED", runCount: 0, leased: false });
});

test("a run that nobody holds is CANCELLED at once", async () => {
  const w = await world();
  const [id = ""] = await w.createRuns(1);
  await cancelFlowRun(w.ctx, id);
  expect(await w.run(id)).toMatchObject({ type: "CANCELLED" });
  expect(await w.claim(await w.hello())).toHaveLength(0);
});

test("a failed attempt is scheduled again with its lease ended, until no retry is left", async () => {
  const w = await world({ retries: 1 });
  const agent = await w.hello();
  const [id = ""] = await w.createRuns(1);
  const first = await w.claimOne(agent);
  await grantStarts(w.ctx, [first]);
  await applyReports(w.ctx, [{ ...first, sequence: 1, event: exited(3) }]);
  expect(await w.run(id)).toMatchObject({
    type: "SCHEDULED",
    name: "AwaitingRetry",
    leased: false,
  });
  const second = await w.claimOne(agent);
  expect(second).toMatchObject({ epoch: 2, attempt: 2 });
  await grantStarts(w.ctx, [second]);
  await applyReports(w.ctx, [{ ...second, sequence: 2, event: exited(3) }]);
  expect(await w.run(id)).toMatchObject({ type: "FAILED", runCount: 2 });
});

test("a cancelled retry that nobody holds is CANCELLED at once", async () => {
  const w = await world({ retries: 1 });
  const [id = ""] = await w.createRuns(1);
  const lease = await w.claimOne(await w.hello());
  await grantStarts(w.ctx, [lease]);
  await applyReports(w.ctx, [
    {
      ...lease,
      sequence: 1,
      event: { kind: "started", infrastructureId: "1", sinceStartGrantedUs: 1 },
    },
    { ...lease, sequence: 2, event: exited(3) },
  ]);
  await cancelFlowRun(w.ctx, id);
  expect(await w.run(id)).toMatchObject({ type: "CANCELLED" });
});

test("a returned lease is granted to another agent, a started one cannot be returned", async () => {
  const w = await world();
  const [one, other] = [await w.hello(), await w.hello()];
  const [id = ""] = await w.createRuns(1);
  const lease = await w.claimOne(one);
  await returnLeases(w.ctx, [{ ...lease, reason: "draining" }]);
  expect((await w.run(id)).type).toBe("SCHEDULED");
  const second = await w.claimOne(other);
  await grantStarts(w.ctx, [second]);
  await returnLeases(w.ctx, [{ ...second, reason: "draining" }]);
  expect((await w.run(id)).type).toBe("RUNNING");
});
