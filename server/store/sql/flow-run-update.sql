-- Changes what is given of a run that nobody else changes now. Null leaves a column as it is, apart
-- from those that have a flag which says that they are given.
with run as (
  update sluice.flow_run r
     set name = coalesce($2, r.name),
         infrastructure_id = case when $3::boolean then $4 else r.infrastructure_id end,
         retries = coalesce($5, r.retries),
         retry_delay_seconds = coalesce($6, r.retry_delay_seconds)
   where r.id = $1
  returning r.id
)
update sluice.flow_run_payload y
   set flow_version = case when $7::boolean then $8 else y.flow_version end,
       parameters = coalesce($9::text::json, y.parameters),
       tags = coalesce($10::text[], y.tags),
       job_variables = coalesce($11::jsonb, y.job_variables)
  from run
 where y.flow_run_id = run.id
