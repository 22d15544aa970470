-- The queue of that id, or of that name in the pool of that name, and its pool, which it never leaves.
select q.id, q.work_pool_id as "workPoolId"
  from sluice.work_queue q
 where q.id = $1
 union all
select q.id, q.work_pool_id
  from sluice.work_pool p
  join sluice.work_queue q on q.work_pool_id = p.id
 where p.name = $2 and q.name = $3
