select q.priority
  from sluice.work_queue q
 where q.work_pool_id = $1
