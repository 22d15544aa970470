-- What the rules ask of a run beside its row: whether it is a subflow, and what its state holds.
select r.parent_task_run_id is not null as "isSubflow", s.data as "stateData"
  from sluice.flow_run r
  left join sluice.flow_run_state s on s.flow_run_id = r.id and s.at = r.state_at
 where r.id = $1
