-- Unended leases that were not accepted in time, or whose agent is silent. Few rows: only leases
-- that have not ended are read, by their partial index.
select l.flow_run_id as "flowRunId", l.epoch, l.agent_id as "agentId",
       l.accepted_at as "acceptedAt", l.granted_at as "grantedAt",
       l.start_granted_at as "startGrantedAt", l.revoked_at as "revokedAt",
       coalesce(p.lost_policy, 'crash') as "lostPolicy",
       coalesce(p.lost_after_seconds, 60) as "lostAfterSeconds",
       a.last_seen_at as "lastSeenAt", coalesce(a.is_connected, false) as "isConnected",
       v.grace_from as "graceFrom", clock_timestamp() as now
  from sluice.lease l
  left join sluice.agent a on a.id = l.agent_id
  left join sluice.work_pool p on p.id = l.work_pool_id
 cross join sluice.liveness v
 where l.ended_at is null
   and ((l.accepted_at is null
         and l.granted_at < clock_timestamp() - make_interval(secs => $1::float8))
        or a.id is null
        or a.last_seen_at < clock_timestamp() - make_interval(secs => $2::float8))
 order by l.flow_run_id
 limit 500
