-- The runs of some queues that may start within the window, in waterfall order: priority, then
-- scheduled time, then id. At most `cap` of each queue, so that no queue hides another's runs.
-- The clock is read once, in a query of its own: compared with a value that may differ from row to
-- row, the index would be read to its end.
-- With ageing ($6 seconds) a run has a priority higher by one for each such span that it is overdue.
-- Each with its deployment's concurrency limit, looked at no closer here.
select n.id as "flowRunId", n.work_queue_id as "workQueueId", n.priority,
       n.next_start_at as "dueAt", d.concurrency_limit_id as "limitId",
       d.collision_strategy as "collisionStrategy"
  from (select c.id, q.work_queue_id, c.next_start_at, c.deployment_id,
               greatest(1, q.priority - coalesce(floor(greatest(0, extract(epoch from
                 (select clock_timestamp()) - c.next_start_at)) / $6::float8), 0))::integer as priority
          from unnest($1::uuid[], $2::integer[], $3::integer[])
                 as q (work_queue_id, priority, cap)
         cross join lateral (
                 select r.id, r.next_start_at, r.deployment_id
                   from sluice.flow_run r
                  where r.work_queue_id = q.work_queue_id and r.state_type = 'SCHEDULED'
                    and not r.leased and r.retry_type is distinct from 'in_process'
                    and r.next_start_at <= (select clock_timestamp()) + make_interval(secs => $4::float8)
                  order by r.next_start_at, r.id
                  limit q.cap) c
         order by priority, c.next_start_at, c.id
         limit $5) n
  left join sluice.deployment d on d.id = n.deployment_id
 order by n.priority, n.next_start_at, n.id
