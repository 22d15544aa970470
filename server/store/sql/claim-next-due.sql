-- When the next run of these queues that is not yet in the window comes due; null for none.
-- The clock as in claim-candidates.sql.
select min(c.next_start_at) as "nextDueAt", clock_timestamp() as now
  from unnest($1::uuid[]) as q (work_queue_id)
 cross join lateral (
         select r.next_start_at
           from sluice.flow_run r
          where r.work_queue_id = q.work_queue_id and r.state_type = 'SCHEDULED' and not r.leased
            and r.retry_type is distinct from 'in_process'
            and r.next_start_at > (select clock_timestamp()) + make_interval(secs => $2::float8)
          order by r.next_start_at
          limit 1) c
