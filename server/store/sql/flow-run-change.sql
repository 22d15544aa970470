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
   where r.id = c."id" and r.state_id = c."expectedStateId"
  returning r.id, c."at", c."stateId", c."type", c."name", c."message", c."data", c."details",
            c."eventId", c."fromType", c."fromName"
), recorded as (
  insert into sluice.flow_run_state (flow_run_id, at, id, type, name, message, data, details)
  select u.id, to_timestamp(u."at" / 1000), u."stateId", u."type", u."name", u."message",
         u."data", u."details"
    from updated u
), told as (
  insert into sluice.event (id, at, event, resource_kind, resource_id, payload)
  select u."eventId", to_timestamp(u."at" / 1000), 'prefect.flow-run.' || u."name", 'flow-run',
         u.id, jsonb_build_object('state_id', u."stateId", 'from', u."fromType",
           'from_name', u."fromName", 'to', u."type", 'message', u."message")
    from updated u
)
select id from updated
