import { setTimeout as delay } from "node:timers/promises";
import type { FlowRun, LogLine } from "#proto/sluice/v1/flow_run.ts";
import { backoffMs } from "#shared/backoff.ts";
import { isTerminal } from "#shared/states.ts";
import { RemoteError } from "./cli-error.ts";
import type { ControlPlane } from "./control-plane.ts";
import { stateType } from "./state-style.ts";

/** What happened to a run. */
export type FlowRunEvent =
  | { readonly kind: "state"; readonly run: FlowRun }
  | { readonly kind: "line"; readonly line: LogLine }
  | { readonly kind: "connection lost"; readonly why: string };

/** The place of a line in a run's output. */
export type LinePlace = Pick<LogLine, "epoch" | "offset">;

const BACKOFF = { firstMs: 200, maxMs: 5_000 };
const GIVE_UP_AFTER_MS = 120_000;

/**
 * All states of a run and its lines as they come, each once and in order, until the run has ended and all
 * its lines are there, or until `until` aborts. A connection that breaks is opened again, for up to
 * two minutes without an answer; one that cannot be opened at first is an error. Lines up to
 * `after` are left out.
 */
export async function* followFlowRun(
  plane: ControlPlane,
  flowRunId: string,
  options: { includeLogs: boolean; until: AbortSignal; after?: LinePlace | undefined },
): AsyncGenerator<FlowRunEvent> {
  let { after } = options;
  const told = new Set<string | undefined>();
  let ended = false;
  let failures = 0;
  let heardAt: number | undefined;
  while (!options.until.aborted) {
    let broken: RemoteError | undefined;
    try {
      const request = { flowRunId, includeLogs: options.includeLogs };
      for await (const { event } of plane.watchFlowRun(request, options.until)) {
        failures = 0;
        heardAt = performance.now();
        if (event?.$case === "flowRun") {
          const run = event.value;
          const type = stateType(run.state?.type);
          ended = type !== undefined && isTerminal(type);
          if (told.has(run.state?.id)) continue;
          told.add(run.state?.id);
          yield { kind: "state", run };
        } else if (event?.$case === "lines") {
          for (const line of event.value.lines) {
            if (after !== undefined && !isAfter(line, after)) continue;
            after = { epoch: line.epoch, offset: line.offset };
            yield { kind: "line", line };
          }
        }
      }
      if (ended) return;
    } catch (error) {
      if (!(error instanceof RemoteError) || !error.connectionLost) throw error;
      broken = error;
    }
    if (options.until.aborted) return;
    if (broken !== undefined) {
      if (heardAt === undefined || performance.now() - heardAt > GIVE_UP_AFTER_MS) throw broken;
      if (failures === 0) yield { kind: "connection lost", why: broken.message };
    }
    failures += 1;
    await pause(backoffMs(BACKOFF, failures, Math.random()), plane.interrupted, options.until);
  }
}

function isAfter(line: LinePlace, place: LinePlace): boolean {
  return line.epoch > place.epoch || (line.epoch === place.epoch && line.offset > place.offset);
}

async function pause(ms: number, ...signals: AbortSignal[]): Promise<void> {
  try {
    await delay(ms, undefined, { signal: AbortSignal.any(signals) });
  } catch {
    // Whoever aborted is asked by the caller.
  }
}
