select q.id
  from sluice.work_queue q
 where q.work_pool_id = $1 and q.name = $2
