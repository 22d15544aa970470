-- Deletes a run that no agent holds.
delete from sluice.flow_run r
 where r.id = $1 and not r.leased
returning r.work_pool_id as "workPoolId"
