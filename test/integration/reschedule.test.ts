import { afterEach, expect, test } from "bun:test";
import { applyReports } from "#server/transitions/apply-reports.ts";
import { cancelFlowRun } from "#server/transitions/cancel-flow-run.ts";
import { grantStarts } from "#server/transitions/grant-starts.ts";
import { sweep } from "#server/transitions/sweep.ts";
import { LeaseWorld } from "#test/support/lease-world.ts";

const worlds: LeaseWorld[] = [];

async function world(): Promise<LeaseWorld> {
  const created = await LeaseWorld.create({ limit: 1, lostPolicy: "reschedule" });
  worlds.push(created);
  return created;
}

afterEach(async () => {
  for (const used of worlds.splice(0)) await used.database.drop();
});

const LOST_CONTACT = {
  kind: "crashed",
  reason: "the control plane was not heard for 40 s",
  neverStarted: false,
  lostContact: true,
} as const;

/** A run that was started by an agent which then falls silent. */
async function startedRun(w: LeaseWorld) {
  const [id = ""] = await w.createRuns(1);
  const dueAt = (await w.run(id)).nextStartAt ?? 0;
  const agent = await w.hello();
  const lease = await w.claimOne(agent);
  await grantStarts(w.ctx, [lease]);
  return { id, dueAt, agent, lease };
}

test("a lost agent's run waits again at its old place, and starts under a new epoch", async () => {
  const w = await world();
  const { id, dueAt, lease } = await startedRun(w);
  expect(lease).toMatchObject({ lostPolicy: "reschedule", lostAfterSeconds: 60 });
  const [later = ""] = await w.createRuns(1);
  await w.age(59);
  await sweep(w.ctx);
  expect((await w.run(id)).type).toBe("RUNNING");
  await w.age(2);
  await sweep(w.ctx);
  const waiting = await w.run(id);
  expect(waiting).toMatchObject({ type: "SCHEDULED", name: "AwaitingRetry", leased: false });
  expect(Math.abs((waiting.nextStartAt ?? 0) - dueAt)).toBeLessThan(1_000);
  const next = await w.claimOne(await w.hello());
  expect(next).toMatchObject({ flowRunId: id, epoch: 2, attempt: 2 });
  await grantStarts(w.ctx, [next]);
  expect(await w.run(id)).toMatchObject({ type: "RUNNING", runCount: 2 });
  expect((await w.run(later)).type).toBe("SCHEDULED");
});

test("what the lost agent says of its attempt afterwards changes nothing", async () => {
  const w = await world();
  const { id, agent, lease } = await startedRun(w);
  await w.age(61);
  await sweep(w.ctx);
  const before = await w.run(id);
  const { agentId } = agent;
  const again = await w.hello(
    { agentId, session: 2 },
    { held: [{ flowRunId: id, epoch: 1, phase: "ended" }] },
  );
  expect(again.fenced).toMatchObject([{ flowRunId: id, epoch: 1 }]);
  await applyReports(w.ctx, [{ ...lease, session: 2, sequence: 1, event: LOST_CONTACT }]);
  expect(await w.run(id)).toEqual(before);
});

test("an agent that ended its attempt in time and is back sends the run to the queue itself", async () => {
  const w = await world();
  const { id, lease } = await startedRun(w);
  await applyReports(w.ctx, [{ ...lease, sequence: 1, event: LOST_CONTACT }]);
  expect(await w.run(id)).toMatchObject({
    type: "SCHEDULED",
    name: "AwaitingRetry",
    leased: false,
    message:
      "The agent ended the attempt: the control plane was not heard for 40 s. It is tried again.",
  });
  expect(await w.claimOne(await w.hello())).toMatchObject({ flowRunId: id, epoch: 2 });
});

test("a run that was to stop is CANCELLED with its lost agent, and its slot is free", async () => {
  const w = await world();
  const { id } = await startedRun(w);
  await cancelFlowRun(w.ctx, id);
  expect((await w.run(id)).type).toBe("CANCELLING");
  const [next = ""] = await w.createRuns(1);
  await w.age(61);
  await sweep(w.ctx);
  expect(await w.run(id)).toMatchObject({ type: "CANCELLED", leased: false });
  expect((await w.claimOne(await w.hello())).flowRunId).toBe(next);
});
