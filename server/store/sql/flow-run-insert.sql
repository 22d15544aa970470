-- Creates runs with payload, first state and outbox row in one statement. A run whose idempotency
-- key the flow has seen is not created, and its id does not come back.
with new as materialized (
  select *
    from jsonb_to_recordset($1::jsonb) as n (
      "id" uuid, "name" text, "flowId" uuid, "deploymentId" uuid, "workPoolId" uuid,
      "workQueueId" uuid, "kind" text, "stateId" uuid, "stateType" text, "stateName" text,
      "at" float8, "message" text, "details" jsonb, "retries" integer,
      "retryDelaySeconds" float8, "nextStartAt" float8, "expectedStartAt" float8,
      "startAt" float8, "endAt" float8, "runCount" integer, "idempotencyKey" text, "parameters" text, "jobVariables" jsonb, "tags" jsonb, "eventId" uuid,
      "flowVersion" text, "labels" jsonb, "context" text, "parentTaskRunId" uuid, "data" jsonb)
), inserted as (
  insert into sluice.flow_run (id, name, flow_id, deployment_id, work_pool_id, work_queue_id, kind,
                               state_id, state_type, state_name, state_at, state_message,
                               state_details, retries, retry_delay_seconds, next_start_at,
                               expected_start_at, start_at, end_at, run_count, idempotency_key,
                               parent_task_run_id, created_at)
  select n."id", n."name", n."flowId", n."deploymentId", n."workPoolId", n."workQueueId", n."kind",
         n."stateId", n."stateType", n."stateName", to_timestamp(n."at" / 1000), n."message",
         n."details", n."retries", n."retryDelaySeconds", to_timestamp(n."nextStartAt" / 1000),
         to_timestamp(n."expectedStartAt" / 1000), to_timestamp(n."startAt" / 1000),
         to_timestamp(n."endAt" / 1000), coalesce(n."runCount", 0), n."idempotencyKey",
         n."parentTaskRunId", to_timestamp(n."at" / 1000)
    from new n
  on conflict (flow_id, idempotency_key) where idempotency_key is not null do nothing
  returning id
), paid as (
  insert into sluice.flow_run_payload (flow_run_id, parameters, job_variables, tags, flow_version,
                                       labels, context)
  select n."id", n."parameters"::json, n."jobVariables",
         array(select jsonb_array_elements_text(n."tags")), n."flowVersion",
         coalesce(n."labels", '{}'), coalesce(n."context", '{}')::json
    from new n
   where n."id" = any(array(select id from inserted))
), recorded as (
  insert into sluice.flow_run_state (flow_run_id, at, id, type, name, message, data, details)
  select n."id", to_timestamp(n."at" / 1000), n."stateId", n."stateType", n."stateName",
         n."message", n."data", n."details"
    from new n
   where n."id" = any(array(select id from inserted))
), told as (
  insert into sluice.event (id, at, event, resource_kind, resource_id, payload)
  select n."eventId", to_timestamp(n."at" / 1000), 'prefect.flow-run.' || n."stateName",
         'flow-run', n."id", jsonb_build_object('state_id', n."stateId", 'to', n."stateType")
    from new n
   where n."id" = any(array(select id from inserted))
)
select id from inserted
