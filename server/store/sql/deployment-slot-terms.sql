-- What the deployments of some runs say of their slots, and whether a run's own slot is still its:
-- by its agent's lease, or by the slot lease that its state names.
select r.id as "flowRunId", d.collision_strategy as "strategy",
       d.grace_period_seconds as "gracePeriodSeconds",
       r.leased or exists (select
                             from sluice.concurrency_lease e
                            where e.id = (r.state_details->>'deploymentConcurrencyLeaseId')::uuid)
         as "ownLeaseAlive"
  from unnest($1::uuid[]) as w (id)
  join sluice.flow_run r on r.id = w.id
  join sluice.deployment d on d.id = r.deployment_id
