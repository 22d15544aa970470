insert into sluice.lease (flow_run_id, epoch, attempt, work_pool_id, work_queue_id, agent_id,
                          agent_name, submitted_at, eligible_at, granted_at)
select g.flow_run_id, g.epoch,
       1 + (select count(*) from sluice.lease e
             where e.flow_run_id = g.flow_run_id and e.start_granted_at is not null),
       r.work_pool_id, r.work_queue_id, g.agent_id, a.name,
       g.submitted_at, g.eligible_at, clock_timestamp()
  from (select unnest($1::uuid[]) as flow_run_id, unnest($2::bigint[]) as epoch,
               unnest($3::uuid[]) as agent_id, to_timestamp(unnest($4::float8[]) / 1000) as submitted_at,
               to_timestamp(unnest($5::float8[]) / 1000) as eligible_at) g
  join sluice.flow_run r on r.id = g.flow_run_id
  join sluice.agent a on a.id = g.agent_id
returning flow_run_id as "flowRunId", epoch, attempt
