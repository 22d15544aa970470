-- A new queue; no row if the pool has one of that name.
insert into sluice.work_queue
  (id, work_pool_id, name, priority, description, is_paused, concurrency_limit)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (work_pool_id, name) do nothing
returning id
