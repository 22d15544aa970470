import { test } from "bun:test";
import type { CreateFlowRunRequest } from "#proto/sluice/v1/flow_run_service.ts";
import type { FlowRun } from "#proto/sluice/v1/flow_run.ts";
import type { LostPolicy } from "#proto/sluice/v1/lease.ts";
import { isTerminal, type StateType } from "#shared/states.ts";
import { messageOf } from "#shared/errors.ts";
import { newId } from "#shared/ids.ts";
import { findViolations, type Violation } from "./checker.ts";
import { isConnectionLost } from "./client.ts";
import { eventually } from "./eventually.ts";
import { collectEvidence, stateTypeOf } from "./evidence.ts";
import { recordScenario } from "./fault-summary.ts";
import { Stage } from "./stage.ts";

/** Lines that each start of the sample flow prints. */
const FLOW_LINES = 6;

const TEST_TIMEOUT_MS = 60_000;
const SETTLE_TIMEOUT_MS = 40_000;
/** Pause between two looks at everything, which would otherwise slow down what is looked at. */
const LOOK_AGAIN_MS = 50;

/** Spans short enough for tests; see docs/configuration.md. */
const SHORT_SPANS: Readonly<Record<string, string>> = {
  SLUICE_SERVER_HEARTBEAT_SECONDS: "1",
  SLUICE_SERVER_ACCEPT_TIMEOUT_SECONDS: "2",
  SLUICE_SERVER_STOP_GRACE_SECONDS: "2",
  SLUICE_SERVER_OUTAGE_SECONDS: "6.5",
};

/** What a run of the sample flow does. */
export interface FlowBehaviour {
  /** Waits here, half its lines printed, until the file exists. */
  readonly gate?: { readonly path: string };
  /** Sleeps this long between its halves. */
  readonly seconds?: number;
  /** Fails in this many first attempts. */
  readonly failures?: number;
}

/** A pool with the sample flow, and the fault that is done to it. */
export class Scenario extends Stage {
  readonly title: string;
  readonly created: string[] = [];
  #faultAt: number | undefined;
  #recoveryMs: number | undefined;

  constructor(title: string) {
    super("fault", "test");
    this.title = title;
  }

  /** Spans that make faults show quickly; hand them to every control plane. */
  override async controlPlane(
    options: Parameters<Stage["controlPlane"]>[0] = {},
  ): ReturnType<Stage["controlPlane"]> {
    return super.controlPlane({
      ...options,
      environment: { ...SHORT_SPANS, ...options.environment },
    });
  }

  /** Creates the pool `pool` and the deployment `sample/flow` in it. */
  async prepare(
    pool: { lostAfterSeconds?: number; concurrencyLimit?: number; lostPolicy?: LostPolicy } = {},
  ): Promise<void> {
    await this.client.createWorkPool({ name: "pool", type: "process", ...pool });
    await this.client.applyDeployment({
      flowName: "sample",
      name: "flow",
      workPoolName: "pool",
      jobVariablesJson: JSON.stringify({
        command: `sh ${this.ledger.flowPath}`,
        env: { FLOW_LEDGER: this.ledger.path, FLOW_LINES: String(FLOW_LINES) },
      }),
    });
  }

  /**
   * Creates a run of the sample flow and returns its id. If the answer is lost with a control plane
   * that dies, the call is repeated under the same idempotency key.
   */
  async run(
    behaviour: FlowBehaviour = {},
    fields: Partial<CreateFlowRunRequest> = {},
  ): Promise<string> {
    const env = {
      ...(behaviour.gate === undefined ? {} : { FLOW_GATE: behaviour.gate.path }),
      ...(behaviour.seconds === undefined ? {} : { FLOW_SECONDS: String(behaviour.seconds) }),
      ...(behaviour.failures === undefined ? {} : { FLOW_FAILURES: String(behaviour.failures) }),
    };
    const wanted = {
      deployment: "sample/flow",
      jobVariablesJson: JSON.stringify({ env }),
      idempotencyKey: newId(),
      ...fields,
    };
    for (;;) {
      try {
        const { id } = await this.client.createFlowRun(wanted);
        this.created.push(id);
        return id;
      } catch (error) {
        if (!isConnectionLost(error)) throw error;
      }
    }
  }

  /** Waits until the run's user code has said that it started. */
  async started(flowRunId: string): Promise<void> {
    await this.waitFor(`run ${flowRunId} starts`, () => this.ledger.starts(flowRunId).length > 0);
  }

  /** Waits until a run is in one of these states, and returns it. */
  async inState(flowRunId: string, ...types: StateType[]): Promise<FlowRun> {
    let last: FlowRun | undefined;
    await this.waitFor(`run ${flowRunId} is ${types.join(" or ")}`, async () => {
      last = (await this.client.getFlowRun(flowRunId)).flowRun;
      return last !== undefined && types.includes(stateTypeOf(last));
    });
    if (last === undefined) throw new Error(`run ${flowRunId} is not known`);
    return last;
  }

  /** Notes that the fault happens now: recovery is counted from here. */
  fault(): void {
    this.#faultAt = performance.now();
  }

  /** What the checker finds now. */
  async violations(): Promise<Violation[]> {
    return findViolations(await collectEvidence(this.client, this.ledger, this.created));
  }

  /** Waits until every run has ended and every promise holds. Tells what did not hold at the end. */
  async settled(): Promise<void> {
    let last: unknown = "nothing could be read";
    await this.waitFor(
      "every run has ended and every promise holds",
      atMostEvery(LOOK_AGAIN_MS, async () => {
        if (!(await this.#allEnded())) return false;
        const violations = await this.violations();
        last = violations;
        return violations.length === 0;
      }),
      () => JSON.stringify(last, null, 2),
    );
    if (this.#faultAt !== undefined) this.#recoveryMs = performance.now() - this.#faultAt;
  }

  /** Waits until every run has ended, whatever the checker says of it. */
  async ended(): Promise<void> {
    await this.waitFor("every run has ended", () => this.#allEnded());
  }

  /** Waits for a condition that is named in the failure, with what is known of it. */
  async waitFor(
    what: string,
    condition: () => boolean | Promise<boolean>,
    detail: () => string = () => "",
  ): Promise<void> {
    try {
      await eventually(condition, { timeoutMs: SETTLE_TIMEOUT_MS, what });
    } catch (error) {
      throw new Error(`${messageOf(error)}\n${detail()}`, { cause: error });
    }
  }

  /**
   * Stops every agent in peace and looks once more: what the checker found must not have been a
   * passing moment.
   */
  async conclude(): Promise<void> {
    for (const agent of this.agents) await agent.close();
    const violations = await this.violations();
    recordScenario({
      title: this.title,
      runs: this.created.length,
      starts: this.ledger.entries().filter((entry) => entry.kind === "start").length,
      violations,
      recoveryMs: this.#recoveryMs,
    });
    if (violations.length > 0) throw new Error(JSON.stringify(violations, null, 2));
  }

  async #allEnded(): Promise<boolean> {
    const runs = await this.client.listFlowRuns();
    return runs.length > 0 && runs.every((run) => isTerminal(stateTypeOf(run)));
  }
}

/**
 * A named test in which something breaks. When the body is through, every run must have ended with
 * every promise kept, and still so when the agents have stopped. Skip what the machine cannot do.
 */
export function faultScenario(
  title: string,
  body: (scenario: Scenario) => Promise<void>,
  options: { readonly skip?: boolean } = {},
): void {
  test.skipIf(options.skip ?? false)(
    title,
    () =>
      staged(title, async (scenario) => {
        await body(scenario);
        await scenario.settled();
        await scenario.conclude();
      }),
    TEST_TIMEOUT_MS,
  );
}

/**
 * A named test in which a safety device is switched off. It passes only if, after the body, the
 * checker finds one of these promises broken: so the device is what keeps it.
 */
export function brokenScenario(
  title: string,
  promises: readonly Violation["promise"][],
  body: (scenario: Scenario) => Promise<void>,
): void {
  test(
    title,
    () =>
      staged(title, async (scenario) => {
        await body(scenario);
        await scenario.waitFor(`the checker finds ${promises.join(" or ")} broken`, async () => {
          const found = await scenario.violations();
          return found.some((violation) => promises.includes(violation.promise));
        });
      }),
    TEST_TIMEOUT_MS,
  );
}

/** The condition, asked no more often than this; false in between. */
function atMostEvery(
  milliseconds: number,
  condition: () => Promise<boolean>,
): () => Promise<boolean> {
  let next = 0;
  return async () => {
    if (performance.now() < next) return false;
    const holds = await condition();
    next = performance.now() + milliseconds;
    return holds;
  };
}

async function staged(title: string, body: (scenario: Scenario) => Promise<void>): Promise<void> {
  const scenario = new Scenario(title);
  const failures: unknown[] = [];
  let transcript = "";
  try {
    await body(scenario);
  } catch (error) {
    failures.push(error);
    transcript = scenario.transcript();
  }
  try {
    await scenario[Symbol.asyncDispose]();
  } catch (error) {
    failures.push(error);
  }
  if (failures.length > 0) {
    throw new Error([...failures.map(messageOf), transcript].join("\n"), { cause: failures[0] });
  }
}
