-- Whose slots a run takes when it starts, and whether it has one. A hint: decided under the locks.
select r.work_pool_id as "workPoolId",
       r.leased or r.state_type in ('PENDING', 'RUNNING') as "holdsSlot"
  from sluice.flow_run r
 where r.id = $1
