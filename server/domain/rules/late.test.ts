import { describe } from "bun:test";
import { NOW, testRule } from "#test/support/rule-case.ts";
import { ensureOnlyScheduledMarkedLate } from "./late.ts";

const proposed = { type: "SCHEDULED", name: "Late" } as const;

describe(ensureOnlyScheduledMarkedLate.name, () => {
  for (const policy of ["core", "mark-late"] as const) {
    testRule([
      {
        title: `${policy}: a waiting run becomes Late and stays due when it was`,
        policy,
        from: "SCHEDULED",
        current: { details: { scheduledTime: NOW - 20_000 } },
        proposed,
        answer: "ACCEPT",
        holds: {
          change: {
            nextScheduledStartTime: NOW - 20_000,
            expectedStartTime: NOW - 10_000,
            state: { name: "Late", details: { scheduledTime: NOW - 20_000 } },
          },
        },
      },
      {
        title: `${policy}: a late run is not marked again`,
        policy,
        from: "SCHEDULED",
        current: { name: "Late" },
        proposed,
        answer: "REJECT",
        holds: { change: null },
      },
      {
        title: `${policy}: a run that was taken in the meantime is not late`,
        policy,
        from: "PENDING",
        proposed,
        answer: "REJECT",
        holds: { change: null },
      },
      {
        title: `${policy}: a run that waits for its own engine stays hidden from agents when late`,
        policy,
        from: "SCHEDULED",
        current: { name: "AwaitingRetry" },
        facts: {
          policy: {
            retries: 1,
            retryDelaySeconds: 0,
            retryType: "in_process",
            pauseKeys: [],
            resuming: false,
          },
        },
        proposed,
        answer: "ACCEPT",
        holds: { change: { policy: { retryType: "in_process" } } },
      },
    ]);
  }
});
