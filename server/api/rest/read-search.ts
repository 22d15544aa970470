import {
  DEPLOYMENT_COLUMNS,
  FLOW_COLUMNS,
  FLOW_RUN_COLUMNS,
  WORK_POOL_COLUMNS,
  WORK_QUEUE_COLUMNS,
} from "#server/store/search-columns.ts";
import { all, type Condition, type SearchColumn } from "#server/store/search-condition.ts";
import type { Search } from "#server/store/searches.ts";

/** A checked filter, or a part of one: every key stands in filter-schemas.ts. */
type Given = object | null | undefined;

type Read = (part: Given) => Condition;

/** A checked body as a search. What is null asks for nothing. */
export function readSearch(body: object): Search {
  const filterOf = (key: string): Given => field(body, key);
  const taskRuns = readParts(filterOf("task_runs"), {}, never);
  return {
    flowRuns: all([
      ...notEmpty(readParts(filterOf("flow_runs"), FLOW_RUN)),
      // There are no task runs here, so whoever wants runs with some of them finds none.
      ...notEmpty(taskRuns),
    ]),
    flows: readParts(filterOf("flows"), FLOW),
    deployments: readParts(filterOf("deployments"), DEPLOYMENT),
    workPools: readParts(filterOf("work_pools"), WORK_POOL),
    workQueues: readParts(filterOf("work_pool_queues"), WORK_QUEUE),
    isNarrow: isNarrow(filterOf("flow_runs")),
  };
}

/** Runs named by id, key or parent are few. */
function isNarrow(filter: Given): boolean {
  if (value(filter, "operator") === "or_") return false;
  return ["id", "parent_task_run_id", "idempotency_key"].some((key) => {
    const part = field(filter, key);
    return Array.isArray(value(part, "any_")) && value(part, "operator") !== "or_";
  });
}

const is =
  (column: SearchColumn): Read =>
  (part) =>
    readPart(part, column);

const never: Read = (part) => (asks(part) ? { kind: "never" } : all([]));

/** Of what is null in every row. */
const alwaysNull: Read = (part) => {
  const wanted = value(part, "is_null_");
  if (wanted === true) return all([]);
  return asks(part) ? { kind: "never" } : all([]);
};

const FLOW_RUN: Readonly<Record<string, Read>> = {
  id: is(FLOW_RUN_COLUMNS.id),
  name: is(FLOW_RUN_COLUMNS.name),
  tags: is(FLOW_RUN_COLUMNS.tags),
  deployment_id: is(FLOW_RUN_COLUMNS.deploymentId),
  work_queue_name: is(FLOW_RUN_COLUMNS.workQueueName),
  state: (part) =>
    readParts(part, { type: is(FLOW_RUN_COLUMNS.stateType), name: is(FLOW_RUN_COLUMNS.stateName) }),
  flow_version: is(FLOW_RUN_COLUMNS.flowVersion),
  start_time: is(FLOW_RUN_COLUMNS.startTime),
  end_time: is(FLOW_RUN_COLUMNS.endTime),
  expected_start_time: is(FLOW_RUN_COLUMNS.expectedStartTime),
  next_scheduled_start_time: is(FLOW_RUN_COLUMNS.nextScheduledStartTime),
  parent_flow_run_id: never,
  parent_task_run_id: is(FLOW_RUN_COLUMNS.parentTaskRunId),
  idempotency_key: is(FLOW_RUN_COLUMNS.idempotencyKey),
  created_by: alwaysNull,
};

const FLOW: Readonly<Record<string, Read>> = {
  id: is(FLOW_COLUMNS.id),
  name: is(FLOW_COLUMNS.name),
  tags: is(FLOW_COLUMNS.tags),
  deployment: is(FLOW_COLUMNS.deploymentId),
};

const DEPLOYMENT: Readonly<Record<string, Read>> = {
  id: is(DEPLOYMENT_COLUMNS.id),
  name: is(DEPLOYMENT_COLUMNS.name),
  tags: is(DEPLOYMENT_COLUMNS.tags),
  work_queue_name: is(DEPLOYMENT_COLUMNS.workQueueName),
  flow_or_deployment_name: (part) => {
    const columns = [DEPLOYMENT_COLUMNS.name, DEPLOYMENT_COLUMNS.flowName];
    return asks(part)
      ? { kind: "some", of: columns.map((column) => readPart(part, column)) }
      : all([]);
  },
  // No deployment is paused, and none has a limit of that kind.
  paused: (part) => (value(part, "eq_") === true ? { kind: "never" } : all([])),
  concurrency_limit: alwaysNull,
};

const WORK_POOL: Readonly<Record<string, Read>> = {
  id: is(WORK_POOL_COLUMNS.id),
  name: is(WORK_POOL_COLUMNS.name),
  type: is(WORK_POOL_COLUMNS.type),
};

const WORK_QUEUE: Readonly<Record<string, Read>> = {
  id: is(WORK_QUEUE_COLUMNS.id),
  name: is(WORK_QUEUE_COLUMNS.name),
};

function readParts(given: Given, readers: Readonly<Record<string, Read>>, other?: Read): Condition {
  const parts = Object.entries(given ?? {}).flatMap(([key, part]): Condition[] => {
    const read = readers[key] ?? (key === "operator" ? undefined : other);
    return read === undefined ? [] : notEmpty(read(part));
  });
  return joined(given, parts);
}

function readPart(part: Given, column: SearchColumn): Condition {
  const conditions = Object.entries(part ?? {}).flatMap(([key, given]): Condition[] =>
    given === null || given === undefined ? [] : readOperation(key, given, column),
  );
  return joined(part, conditions);
}

function readOperation(key: string, given: unknown, column: SearchColumn): Condition[] {
  const values = Array.isArray(given) ? given : [given];
  switch (key) {
    case "any_":
      return [{ kind: "any", column, values }];
    case "not_any_":
      return [{ kind: "none", column, values }];
    case "all_":
      return [{ kind: "every", column, values }];
    case "startswith_":
      return [{ kind: "prefix", column, values }];
    case "like_":
      return [{ kind: "like", column, value: given }];
    case "after_":
      return [{ kind: "from", column, value: given }];
    case "before_":
      return [{ kind: "to", column, value: given }];
    case "is_null_":
      return [{ kind: "null", column, is: given === true }];
    default:
      return [];
  }
}

function joined(given: Given, conditions: readonly Condition[]): Condition {
  return value(given, "operator") === "or_" && conditions.length > 1
    ? { kind: "some", of: conditions }
    : all(conditions);
}

function notEmpty(condition: Condition): Condition[] {
  return condition.kind === "all" && condition.of.length === 0 ? [] : [condition];
}

/** Whether a part asks for anything. */
function asks(part: Given): boolean {
  return Object.entries(part ?? {}).some(
    ([key, given]) => key !== "operator" && given !== null && given !== undefined,
  );
}

function value(part: Given, key: string): unknown {
  return part === null || part === undefined ? undefined : Reflect.get(part, key);
}

function field(part: Given, key: string): Given {
  const found = value(part, key);
  return typeof found === "object" ? found : undefined;
}
