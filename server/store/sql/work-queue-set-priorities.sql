-- Gives queues new places, if they still have the old ones. The pool's lock is held.
update sluice.work_queue q
   set priority = c.priority, updated_at = clock_timestamp()
  from unnest($1::uuid[], $2::integer[], $3::integer[]) as c (id, before, priority)
 where q.id = c.id and q.priority = c.before
returning q.id
