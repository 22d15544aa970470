-- Stamps leases that have not ended. Null leaves a column as it is; a stamp once set stays. Where
-- a lease ends, its run is no longer held; answers the limits of which a slot thereby is free.
with change as materialized (
  select *
    from jsonb_to_recordset($1::jsonb) as c (
      "flowRunId" uuid, "epoch" bigint, "accepted" boolean, "startGranted" boolean,
      "endReason" text, "revoking" text, "reported" boolean, "sentAfterUs" bigint, "startedAfterUs" bigint,
      "firstOutputAfterUs" bigint, "exitedAfterUs" bigint, "exitCode" integer,
      "outputBytes" bigint)
), held as materialized (
  -- Found one by one along the primary key, whatever the planner believes of a table that grows
  -- from nothing to millions of rows. Its rows are locked, so their places stand.
  select c.*, f.place
    from change c
   cross join lateral (
           select l.ctid as place
             from sluice.lease l
            where l.flow_run_id = c."flowRunId" and l.epoch = c."epoch"
              and coalesce(l.ended_at, 'infinity') = 'infinity'
           offset 0) f
), stamped as (
  update sluice.lease l
     set accepted_at = coalesce(l.accepted_at, case when c."accepted" then clock_timestamp() end),
         start_granted_at =
           coalesce(l.start_granted_at, case when c."startGranted" then clock_timestamp() end),
         ended_at = case when c."endReason" is not null then clock_timestamp() end,
         end_reason = c."endReason",
         revoking = coalesce(l.revoking, c."revoking"),
         revoked_at =
           coalesce(l.revoked_at, case when c."revoking" is not null then clock_timestamp() end),
         reported_at = coalesce(l.reported_at, case when c."reported" then clock_timestamp() end),
         sent_after_us = coalesce(l.sent_after_us, c."sentAfterUs"),
         started_after_us = coalesce(l.started_after_us, c."startedAfterUs"),
         first_output_after_us = coalesce(l.first_output_after_us, c."firstOutputAfterUs"),
         exited_after_us = coalesce(l.exited_after_us, c."exitedAfterUs"),
         exit_code = coalesce(l.exit_code, c."exitCode"),
         output_bytes = coalesce(l.output_bytes, c."outputBytes")
    from held c
   where l.ctid = c.place
  returning l.flow_run_id, l.epoch, l.ended_at
), freed as (
  update sluice.flow_run r
     set leased = false
    from stamped s
   where r.id = s.flow_run_id and r.epoch = s.epoch
     and s.ended_at is not null and r.leased
  returning r.deployment_id
)
select distinct d.concurrency_limit_id as "limitId"
  from freed f
  join sluice.deployment d on d.id = f.deployment_id
 where d.concurrency_limit_id is not null
