-- Writes a queue whose lock is held; no row if its pool has another queue of that name.
update sluice.work_queue q
   set name = $2, description = $3, priority = $4, concurrency_limit = $5, is_paused = $6,
       status = $7, last_polled_at = to_timestamp($8::float8 / 1000), updated_at = clock_timestamp()
 where q.id = $1
   and not exists (select
                     from sluice.work_queue o
                    where o.work_pool_id = q.work_pool_id and o.name = $2 and o.id <> q.id)
returning q.id
