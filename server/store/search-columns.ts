import type { SearchColumn } from "./search-condition.ts";

const uuid = (sql: string): SearchColumn => ({ sql, type: "uuid" });
const text = (sql: string): SearchColumn => ({ sql, type: "text" });
const time = (sql: string): SearchColumn => ({ sql, type: "timestamptz" });
const texts = (sql: string): SearchColumn => ({ sql, type: "text", list: true });

const ofPayload = (column: string): string =>
  `(select y.${column} from sluice.flow_run_payload y where y.flow_run_id = r.id)`;

/** What may be asked of a run, which is `r`. */
export const FLOW_RUN_COLUMNS = {
  id: uuid("r.id"),
  name: text("r.name"),
  deploymentId: uuid("r.deployment_id"),
  stateType: text("r.state_type"),
  stateName: text("r.state_name"),
  startTime: time("r.start_at"),
  endTime: time("r.end_at"),
  expectedStartTime: time("r.expected_start_at"),
  nextScheduledStartTime: time("r.next_start_at"),
  parentTaskRunId: uuid("r.parent_task_run_id"),
  idempotencyKey: text("r.idempotency_key"),
  flowVersion: text(ofPayload("flow_version")),
  tags: texts(ofPayload("tags")),
  workQueueName: text("(select s.name from sluice.work_queue s where s.id = r.work_queue_id)"),
} as const;

/** What may be asked of a flow, which is `f`. */
export const FLOW_COLUMNS = {
  id: uuid("f.id"),
  name: text("f.name"),
  tags: texts("f.tags"),
  deploymentId: uuid("(select s.id from sluice.deployment s where s.flow_id = f.id limit 1)"),
} as const;

/** What may be asked of a deployment, which is `d`. */
export const DEPLOYMENT_COLUMNS = {
  id: uuid("d.id"),
  name: text("d.name"),
  tags: texts("d.tags"),
  workQueueName: text("(select s.name from sluice.work_queue s where s.id = d.work_queue_id)"),
  flowName: text("(select s.name from sluice.flow s where s.id = d.flow_id)"),
} as const;

/** What may be asked of a pool, which is `p`. */
export const WORK_POOL_COLUMNS = {
  id: uuid("p.id"),
  name: text("p.name"),
  type: text("p.type"),
} as const;

/** What may be asked of a queue, which is `q`. */
export const WORK_QUEUE_COLUMNS = { id: uuid("q.id"), name: text("q.name") } as const;
