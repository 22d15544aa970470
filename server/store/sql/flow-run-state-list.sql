-- The states of a run, the oldest first.
select s.id, s.type, s.name, s.at, s.message, s.data, s.details
  from sluice.flow_run_state s
 where s.flow_run_id = $1
   and s.at >= (select r.created_at - interval '1 day' from sluice.flow_run r where r.id = $1)
 order by s.at
