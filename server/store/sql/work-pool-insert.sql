-- A new pool; no row if the name is taken. Its default queue is inserted after it.
insert into sluice.work_pool
  (id, name, type, description, base_job_template, is_paused, concurrency_limit, default_queue_id,
   lost_policy, lost_after_seconds, storage_configuration)
values ($1, $2, $3, $4, $5::json, $6, $7, $8, $9, $10, $11::json)
on conflict (name) do nothing
returning id
