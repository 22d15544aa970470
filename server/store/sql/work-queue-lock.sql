-- The queue that is about to be changed, as it is now; polls leave it alone meanwhile.
select q.id, q.name, q.description, q.priority, q.concurrency_limit as "concurrencyLimit",
       q.is_paused as "isPaused", q.status, q.last_polled_at as "lastPolledAt",
       clock_timestamp() as now
  from sluice.work_queue q
 where q.id = $1
   for no key update
