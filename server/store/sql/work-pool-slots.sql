-- The queues of a pool by priority, with how many slots each holds, and who holds them: those
-- longest first, at most so many of each queue.
select q.id, q.name, q.priority, q.is_paused as "isPaused",
       q.concurrency_limit as "concurrencyLimit", l.held + u.held as "slotsHeld",
       coalesce(h.holders, '[]') as holders, p.concurrency_limit as "poolLimit",
       clock_timestamp() as now
  from sluice.work_pool p
  join sluice.work_queue q on q.work_pool_id = p.id
 cross join lateral (
       select count(*) as held
         from sluice.lease l
        where l.work_queue_id = q.id and l.ended_at is null) l
 cross join lateral (
       select count(*) as held
         from sluice.flow_run r
        where r.work_queue_id = q.id and r.state_type in ('PENDING', 'RUNNING') and not r.leased) u
 cross join lateral (
       select json_agg(json_build_object(
                'flowRunId', c.id, 'flowRunName', c.name, 'stateId', c.state_id,
                'stateType', c.state_type, 'stateName', c.state_name,
                'stateMessage', c.state_message,
                'stateAt', extract(epoch from c.state_at) * 1000,
                'since', extract(epoch from c.since) * 1000,
                'agentName', c.agent_name, 'isStopping', c.is_stopping)
                order by c.since, c.id) as holders
         from (select r.id, r.name, r.state_id, r.state_type, r.state_name, r.state_message,
                      r.state_at, o.since, o.agent_name, o.is_stopping
                 from (select l.flow_run_id, l.granted_at as since, l.agent_name,
                              l.revoking is not null as is_stopping
                         from sluice.lease l
                        where l.work_queue_id = q.id and l.ended_at is null
                       union all
                       select r.id, r.state_at, null, false
                         from sluice.flow_run r
                        where r.work_queue_id = q.id and r.state_type in ('PENDING', 'RUNNING')
                          and not r.leased
                        order by since, flow_run_id
                        limit $2) o
                 join sluice.flow_run r on r.id = o.flow_run_id) c) h
 where p.name = $1
 order by q.priority, q.id
