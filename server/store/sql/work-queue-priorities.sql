select q.id, q.name, q.priority
  from sluice.work_queue q
 where q.work_pool_id = $1
 order by q.priority, q.id
