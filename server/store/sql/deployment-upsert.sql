-- Creates the deployment, or replaces all of the one of the same flow and name but its id.
insert into sluice.deployment as d
  (id, flow_id, name, description, version, entrypoint, parameters, parameter_schema,
   enforce_parameter_schema, job_variables, pull_steps, tags, work_queue_id, retries,
   retry_delay_seconds)
values ($1, $2, $3, $4, $5, $6, $7::json, $8::jsonb, $9, $10::jsonb, $11::jsonb, $12, $13, $14, $15)
on conflict (flow_id, name) do update
   set description = excluded.description, version = excluded.version,
       entrypoint = excluded.entrypoint, parameters = excluded.parameters,
       parameter_schema = excluded.parameter_schema,
       enforce_parameter_schema = excluded.enforce_parameter_schema,
       job_variables = excluded.job_variables, pull_steps = excluded.pull_steps,
       tags = excluded.tags, work_queue_id = excluded.work_queue_id, retries = excluded.retries,
       retry_delay_seconds = excluded.retry_delay_seconds, updated_at = clock_timestamp()
-- Only an inserted row was never locked or updated.
returning d.id, d.xmax = 0 as created
