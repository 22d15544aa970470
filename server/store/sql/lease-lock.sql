-- Attempts by (run, epoch), in the order of their runs, the runs locked before. Locked, so that
-- what is read is what the transaction then changes.
select l.flow_run_id as "flowRunId", l.epoch, l.attempt, l.agent_id as "agentId",
       a.session as "agentSession", a.type as "agentType", l.work_pool_id as "workPoolId",
       l.accepted_at as "acceptedAt", l.start_granted_at as "startGrantedAt",
       l.granted_at as "grantedAt", l.ended_at as "endedAt", l.revoking,
       l.revoked_at as "revokedAt", l.eligible_at as "eligibleAt"
  from unnest($1::uuid[], $2::bigint[]) as wanted (flow_run_id, epoch)
  join sluice.lease l on l.flow_run_id = wanted.flow_run_id and l.epoch = wanted.epoch
  left join sluice.agent a on a.id = l.agent_id
 order by l.flow_run_id, l.epoch
   for update of l
