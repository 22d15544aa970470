-- The pools in which runs of the deployments of some limits are waited with. Where a deployment has
-- been moved to another pool, the runs that stayed behind are found by the slow poll.
select distinct q.work_pool_id as "workPoolId"
  from sluice.deployment d
  join sluice.work_queue q on q.id = d.work_queue_id
 where d.concurrency_limit_id = any($1::uuid[])
