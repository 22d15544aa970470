-- Deletes a pool with its queues and its agents' rows; answers what there was.
with queue as (
  select q.id, q.name
    from sluice.work_queue q
   where q.work_pool_id = $1
), deleted as (
  delete from sluice.work_pool p
   where p.id = $1
  returning p.id
)
select q.id, q.name
  from queue q, deleted
 order by q.name
