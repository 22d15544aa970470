select l.flow_run_id as "flowRunId", l.epoch
  from sluice.lease l
 where l.agent_id = $1 and l.ended_at is null
