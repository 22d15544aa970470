-- Unended leases that were not accepted in time, or whose agent has been silent for longer than
-- its pool allows. Few rows: only leases that have not ended are read, by their partial index.
-- Attempts that a pool keeps for their agent's return are left out, or they would hide others.
select l.flow_run_id as "flowRunId", l.epoch, l.agent_id as "agentId",
       l.accepted_at as "acceptedAt", l.granted_at as "grantedAt",
       coalesce(p.lost_policy, 'crash') as "lostPolicy",
       coalesce(p.lost_after_seconds, 60) as "lostAfterSeconds",
       coalesce(a.last_seen_at, l.revoked_at, l.granted_at) as "lastSeenAt",
       v.grace_from as "graceFrom", clock_timestamp() as now
  from sluice.lease l
  left join sluice.agent a on a.id = l.agent_id
  left join sluice.work_pool p on p.id = l.work_pool_id
 cross join sluice.liveness v
 where l.ended_at is null
   and ((l.accepted_at is null
         and l.granted_at < clock_timestamp() - make_interval(secs => $1::float8))
        or (greatest(coalesce(a.last_seen_at, l.revoked_at, l.granted_at), v.grace_from)
              < clock_timestamp()
                - make_interval(secs => greatest(coalesce(p.lost_after_seconds, 60), $2::float8))
            and (coalesce(p.lost_policy, 'crash') <> 'keep' or l.start_granted_at is null
                 or l.revoked_at is not null)))
 order by l.flow_run_id
 limit 500
