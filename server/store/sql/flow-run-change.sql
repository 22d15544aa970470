-- Moves runs into new states: the row, the history and the outbox in one statement. A run whose
-- state is no longer the expected one is left alone and its id does not come back.
with change as materialized (
  select *
    from jsonb_to_recordset($1::jsonb) as c (
      "id" uuid, "expectedStateId" uuid, "stateId" uuid, "type" text, "name" text,
      "at" float8, "message" text, "data" jsonb, "details" jsonb, "epoch" bigint, "leased" boolean,
      "runCount" integer, "retryType" text, "policy" jsonb, "nextStartAt" float8,
      "expectedStartAt" float8, "startAt" float8, "endAt" float8, "totalRunSeconds" float8,
      "eventId" uuid, "fromType" text, "fromName" text)
), updated as (
  update sluice.flow_run r
     set state_id = c."stateId", state_type = c."type", state_name = c."name",
         state_at = to_timestamp(c."at" / 1000), state_message = c."message",
         state_details = c."details", epoch = c."epoch", leased = c."leased",
         run_count = c."runCount", retry_type = c."retryType", policy = c."policy",
         next_start_at = to_timestamp(c."nextStartAt" / 1000),
         expected_start_at = to_timestamp(c."expectedStartAt" / 1000),
         start_at = to_timestamp(c."startAt" / 1000), end_at = to_timestamp(c."endAt" / 1000),
         total_run_seconds = c."totalRunSeconds"
    from change c
   where r.id = any($2::uuid[]) and r.id = c."id" and r.state_id = c."expectedStateId"
  returning r.id
), recorded as (
  insert into sluice.flow_run_state (flow_run_id, at, id, type, name, message, data, details)
  select c."id", to_timestamp(c."at" / 1000), c."stateId", c."type", c."name", c."message",
         c."data", c."details"
    from change c join updated u on u.id = c."id"
), told as (
  insert into sluice.event (id, at, event, resource_kind, resource_id, payload)
  select c."eventId", to_timestamp(c."at" / 1000), 'prefect.flow-run.' || c."name", 'flow-run',
         c."id", jsonb_build_object('state_id', c."stateId", 'from', c."fromType",
           'from_name', c."fromName", 'to', c."type", 'message', c."message")
    from change c join updated u on u.id = c."id"
)
select id from updated
