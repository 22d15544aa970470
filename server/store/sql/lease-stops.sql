select l.agent_id as "agentId", l.flow_run_id as "flowRunId", l.epoch, l.revoking as reason
  from sluice.lease l
 where l.agent_id = any($1::uuid[]) and l.ended_at is null and l.revoking is not null
 order by l.revoked_at
