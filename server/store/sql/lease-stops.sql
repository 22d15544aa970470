-- What agents must stop: leases they hold that were revoked; and what they list ($2 to $4) although
-- it has ended, for longer than a message takes ($5 seconds), or is not theirs. Each of the list is
-- looked up by itself: a list of any length must not make the planner read all leases.
select l.agent_id as "agentId", l.flow_run_id as "flowRunId", l.epoch, l.revoking as reason
  from (select * from sluice.lease
         where agent_id = any($1::uuid[]) and ended_at is null and revoking is not null
         order by revoked_at) l
union all
select h.agent_id, h.flow_run_id, h.epoch, 'fenced'
  from unnest($2::uuid[], $3::uuid[], $4::bigint[]) as h (agent_id, flow_run_id, epoch)
  left join lateral (
    select l.agent_id, l.ended_at
      from sluice.lease l
     where l.flow_run_id = h.flow_run_id and l.epoch = h.epoch
     limit 1) l on true
 where l.agent_id is distinct from h.agent_id
    or l.ended_at < clock_timestamp() - make_interval(secs => $5::float8)
