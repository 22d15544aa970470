-- Locks what is not over of a pool's runs, in the order in which every transition locks.
select r.id
  from sluice.flow_run r
 where r.work_pool_id = $1
   and (r.leased or r.state_type not in ('COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED'))
 order by r.id
   for update
