-- The queues of a pool that a poll names; all if it names none.
select q.id, q.name
  from sluice.work_queue q
 where q.work_pool_id = $1 and ($2::text[] is null or q.name = any($2))
 order by q.priority, q.id
