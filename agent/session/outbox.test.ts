import { expect, test } from "bun:test";
import type { Report } from "#proto/sluice/v1/agent_service.ts";
import { Outbox, type RequestMessage } from "./outbox.ts";

const ref = (n: number): { flowRunId: string; epoch: number } => ({
  flowRunId: `run-${n}`,
  epoch: 1,
});
const report = (sequence: number): Report => ({ sequence, ref: ref(sequence), event: undefined });

/** Lets everything that was put in go out. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

test("all that is said in one turn goes out as one message of a kind, the last credit only", async () => {
  const sent: RequestMessage[] = [];
  const outbox = new Outbox();
  outbox.open((message) => sent.push(message) > 0);
  outbox.credit(7);
  for (let i = 0; i < 100; i++) {
    outbox.requestStart(ref(i));
    outbox.report(report(i));
  }
  outbox.requestStart(ref(5));
  outbox.credit(3);
  await turn();
  expect(sent.map(({ $case }) => $case)).toEqual(["startRequests", "reports", "credit"]);
  expect(sent[0]?.$case === "startRequests" && sent[0].value.refs.length).toBe(100);
  expect(sent[2]).toEqual({ $case: "credit", value: { freeSlots: 3 } });
});

test("heartbeats and heard stops overtake what waits for the transport", async () => {
  const sent: RequestMessage[] = [];
  let takes = false;
  const outbox = new Outbox();
  outbox.open((message) => {
    sent.push(message);
    return takes;
  });
  outbox.accepted(ref(1));
  outbox.returned(ref(2), "draining");
  await turn();
  expect(sent.map(({ $case }) => $case)).toEqual(["accepted"]);
  outbox.heartbeat(1, []);
  outbox.stopHeard(ref(3));
  takes = true;
  outbox.resume();
  await turn();
  expect(sent.map(({ $case }) => $case)).toEqual([
    "accepted",
    "heartbeat",
    "stopAcknowledged",
    "returned",
  ]);
});

test("what is said while no stream is open is not kept for the next one", async () => {
  const sent: RequestMessage[] = [];
  const outbox = new Outbox();
  outbox.credit(9);
  outbox.open((message) => sent.push(message) > 0);
  await turn();
  outbox.accepted(ref(1));
  outbox.close();
  await turn();
  expect(sent).toEqual([]);
});

test("more reports than one message takes go out in order in several", async () => {
  const sequences: number[] = [];
  const outbox = new Outbox();
  outbox.open((message) => {
    if (message.$case === "reports")
      sequences.push(...message.value.reports.map((r) => r.sequence));
    return true;
  });
  for (let i = 1; i <= 450; i++) outbox.report(report(i));
  await turn();
  expect(sequences).toEqual(Array.from({ length: 450 }, (_, i) => i + 1));
});
