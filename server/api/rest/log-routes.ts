import { type Static, Type } from "typebox";
import { type ClientLineView, searchLines } from "#server/store/client-logs.ts";
import { appendClientLogs } from "#server/transitions/append-client-logs.ts";
import { invalidField } from "#shared/errors.ts";
import { writeDateTime } from "./date-time.ts";
import { sortedPage } from "./filter-schemas.ts";
import { readPage } from "./page.ts";
import { route, type Route } from "./route.ts";
import {
  Absent,
  AnyJson,
  AnyOfIds,
  Closed,
  DateTime,
  named,
  Nullable,
  Operator,
  Uuid,
} from "./schema-types.ts";

const TAGS = ["Logs"];

const LINE = {
  name: Type.String(),
  level: Type.Integer(),
  message: Type.String(),
  timestamp: DateTime,
  flow_run_id: Absent(Uuid),
  task_run_id: Absent(Uuid),
};

const LogCreate = named("LogCreate", Closed(LINE));

const LogResponse = named(
  "Log",
  Type.Object({ id: Uuid, created: Nullable(DateTime), updated: Nullable(DateTime), ...LINE }),
);

const LogFilter = named(
  "LogFilter",
  Closed({
    operator: Type.Optional(Operator),
    level: Absent(
      named("LogFilterLevel", Closed({ ge_: Absent(Type.Integer()), le_: Absent(Type.Integer()) })),
    ),
    timestamp: Absent(
      named("LogFilterTimestamp", Closed({ before_: Absent(DateTime), after_: Absent(DateTime) })),
    ),
    flow_run_id: Absent(named("LogFilterFlowRunId", Closed({ any_: AnyOfIds }))),
    task_run_id: Absent(
      named("LogFilterTaskRunId", Closed({ any_: AnyOfIds, is_null_: Absent(Type.Boolean()) })),
    ),
    text: Absent(named("LogFilterTextSearch", Closed({ query: Type.String({ maxLength: 200 }) }))),
  }),
);

/** Lines that engines and workers send, and the reading of all lines. */
export const LOG_ROUTES: readonly Route[] = [
  route({
    method: "post",
    path: "/logs/",
    name: "create_logs",
    tags: TAGS,
    summary: "Store lines; those of no run, or of one that does not exist, are not kept",
    body: Type.Array(LogCreate),
    bodyRequired: true,
    responses: { 201: AnyJson },
    handler: async (ctx, { body }) => {
      const lines = body.flatMap((line) =>
        typeof line.flow_run_id === "string"
          ? [
              {
                flowRunId: line.flow_run_id.toLowerCase(),
                taskRunId: line.task_run_id ?? null,
                at: line.timestamp,
                level: line.level,
                message: line.message,
                name: line.name,
              },
            ]
          : [],
      );
      await appendClientLogs(ctx.transitions, lines);
      return { status: 201, body: null };
    },
  }),

  route({
    method: "post",
    path: "/logs/filter",
    name: "read_logs",
    tags: TAGS,
    summary: "List lines of runs by their times, what attempts wrote included",
    body: Type.Object({
      logs: Absent(LogFilter),
      ...sortedPage("LogSort", "TIMESTAMP_ASC", "TIMESTAMP_DESC"),
    }),
    responses: { 200: Type.Array(LogResponse) },
    handler: async (ctx, { body }) => {
      const page = readPage(ctx, body);
      const { logs } = body;
      const lines = await searchLines(ctx.transitions.pool, {
        flowRunIds: readRuns(logs),
        levelFrom: logs?.level?.ge_ ?? null,
        levelTo: logs?.level?.le_ ?? null,
        after: logs?.timestamp?.after_ ?? null,
        before: logs?.timestamp?.before_ ?? null,
        taskRunIds: logs?.task_run_id?.any_ ?? null,
        withoutTaskRun: logs?.task_run_id?.is_null_ ?? null,
        text: logs?.text?.query ?? null,
        descending: body.sort === "TIMESTAMP_DESC",
        ...page,
      });
      return { status: 200, body: lines.map(writeLine) };
    },
  }),
];

/** Lines are kept by run, and nobody reads those of all runs at once. */
function readRuns(logs: Static<typeof LogFilter> | null | undefined): readonly string[] {
  const runs = logs?.flow_run_id?.any_;
  if (runs === null || runs === undefined) {
    throw invalidField("logs.flow_run_id.any_", "it is missing; name the runs whose lines to read");
  }
  if (logs?.operator === "or_") {
    throw invalidField("logs.operator", "'or_' cannot be asked of lines; leave it out");
  }
  return runs;
}

function writeLine(line: ClientLineView): object {
  return {
    id: line.id,
    created: writeDateTime(line.storedAt),
    updated: writeDateTime(line.storedAt),
    name: line.name ?? "output",
    level: line.level,
    message: line.message,
    timestamp: writeDateTime(line.at),
    flow_run_id: line.flowRunId,
    task_run_id: line.taskRunId,
  };
}
