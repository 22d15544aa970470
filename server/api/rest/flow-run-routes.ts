import { Type } from "typebox";
import { type LeaseClaim, parseLeaseClaim } from "#server/domain/lease-claim.ts";
import { flowRunNotFound } from "#server/domain/not-found.ts";
import { type FlowRunDetails, readFlowRunDetails } from "#server/store/flow-run-details.ts";
import { setFlowRunState } from "#server/transitions/set-flow-run-state.ts";
import { invalidField } from "#shared/errors.ts";
import type { RestContext } from "./context.ts";
import { FlowRunResponse, writeFlowRun } from "./flow-run-schemas.ts";
import { route, type Route } from "./route.ts";
import { Uuid } from "./schema-types.ts";
import { OrchestrationResult, readState, StateCreate, writeAnswer } from "./state-schemas.ts";

const TAGS = ["Flow Runs"];
const byId = Type.Object({ id: Uuid });

/** The header by which an engine says out of which lease it speaks, as `RUN:EPOCH`. */
const LEASE_HEADER = "x-sluice-lease";

/** One run: reading it, and proposing states for it. */
export const FLOW_RUN_ROUTES: readonly Route[] = [
  route({
    method: "get",
    path: "/flow_runs/{id}",
    name: "read_flow_run",
    tags: TAGS,
    summary: "Read a run with its state",
    params: byId,
    responses: { 200: FlowRunResponse },
    handler: async (ctx, { params }) => ({
      status: 200,
      body: writeFlowRun(await readFlowRun(ctx, params.id)),
    }),
  }),

  route({
    method: "post",
    path: "/flow_runs/{id}/set_state",
    name: "set_flow_run_state",
    tags: TAGS,
    summary: "Propose a state; the answer says what became of it",
    params: byId,
    body: Type.Object({
      state: StateCreate,
      force: Type.Optional(Type.Boolean({ default: false })),
    }),
    responses: { 200: OrchestrationResult, 201: OrchestrationResult },
    handler: async (ctx, { params, body, headers }) => {
      const answer = await setFlowRunState(ctx.transitions, {
        flowRunId: params.id,
        state: readState(body.state),
        force: body.force ?? false,
        claim: readClaim(headers),
      });
      return writeAnswer(params.id, answer);
    },
  }),
];

/** The run of that id, for those who answer it. Throws not_found. */
export async function readFlowRun(ctx: RestContext, id: string): Promise<FlowRunDetails> {
  const [run] = await readFlowRunDetails(ctx.transitions.pool, [id]);
  if (run === undefined) throw flowRunNotFound(id);
  return run;
}

function readClaim(headers: Headers): LeaseClaim | null {
  const text = headers.get(LEASE_HEADER);
  if (text === null) return null;
  const claim = parseLeaseClaim(text);
  // Taken for nothing it would let a process speak that was fenced.
  if (claim === undefined) {
    throw invalidField(LEASE_HEADER, `'${text}' is not of the form RUN_ID:EPOCH`);
  }
  return claim;
}
