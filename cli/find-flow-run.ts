import type { FlowRun } from "#proto/sluice/v1/flow_run.ts";
import { isUuid } from "#shared/ids.ts";
import { CliError } from "./cli-error.ts";
import type { ControlPlane } from "./control-plane.ts";
import { localTime } from "./time-text.ts";

/** What an argument that names a run may be. */
export const FLOW_RUN_ARGUMENT = "its id, at least 8 characters from the start of it, or its name";

const MOST_SHOWN = 5;
const ID_PREFIX = /^[0-9a-f]{8}[0-9a-f-]*$/i;

/**
 * The id of the run that is meant: by its id, its name, or the start of its id. Throws a CliError
 * that lists the newest if several are. An id is taken as it is; whether it exists the call that
 * uses it tells.
 */
export async function findFlowRunId(plane: ControlPlane, reference: string): Promise<string> {
  if (isUuid(reference)) return reference;
  const named = await find(plane, { names: [reference], idPrefix: "" });
  const found =
    named.length === 0 && ID_PREFIX.test(reference)
      ? await find(plane, { names: [], idPrefix: reference })
      : named;
  const [only, ...others] = found;
  if (only === undefined) {
    throw new CliError(`there is no flow run '${reference}'`, {
      hints: [`Give ${FLOW_RUN_ARGUMENT}; \`sluice flow-run ls\` lists the newest.`],
    });
  }
  if (others.length === 0) return only.id;
  const shown = found.slice(0, MOST_SHOWN);
  throw new CliError(`several flow runs are meant by '${reference}'; give the id of one`, {
    hints: [
      ...shown.map((run) => `${run.id}  ${run.name}, created ${localTime(run.createdAt)}`),
      ...(found.length > shown.length ? ["… and older ones"] : []),
    ],
  });
}

/** The newest of them, enough to see that there are more than are shown. */
async function find(
  plane: ControlPlane,
  by: { readonly names: string[]; readonly idPrefix: string },
): Promise<readonly FlowRun[]> {
  const { flowRuns } = await plane.listFlowRuns({
    stateTypes: [],
    stateNames: [],
    flowNames: [],
    deployment: "",
    workPoolName: "",
    tags: [],
    pageSize: MOST_SHOWN + 1,
    pageToken: "",
    ...by,
  });
  return flowRuns;
}
