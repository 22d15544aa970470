-- What a poll of a Prefect worker is offered: runs of these queues in waterfall order, no more than
-- slots are free. Nothing is locked and nothing marked: who gets a run is decided when PENDING is
-- proposed. Slots are counted as by a claim, in all queues of the pool.
with pool as materialized (
  select p.id, p.concurrency_limit
    from sluice.work_pool p
   where p.id = $1 and not p.is_paused
), queues as materialized (
  select q.id, q.priority, q.concurrency_limit, q.is_paused,
         case when q.concurrency_limit is not null or pool.concurrency_limit is not null
              then (select count(*) from sluice.lease l
                     where l.work_queue_id = q.id and l.ended_at is null)
                 + (select count(*) from sluice.flow_run r
                     where r.work_queue_id = q.id and r.state_type in ('PENDING', 'RUNNING')
                       and not r.leased)
              else 0 end as held
    from sluice.work_queue q
    join pool on pool.id = q.work_pool_id
)
select c.id
  from queues q
 cross join lateral (
         select r.id, r.next_start_at
           from sluice.flow_run r
          where r.work_queue_id = q.id and r.state_type = 'SCHEDULED' and not r.leased
            and r.retry_type is distinct from 'in_process'
            and r.next_start_at <= coalesce($3::timestamptz, 'infinity')
            and r.next_start_at >= coalesce($4::timestamptz, '-infinity')
          order by r.next_start_at, r.id
          limit least(1000, greatest(0, coalesce(q.concurrency_limit - q.held, 1000)))) c
 where not q.is_paused and q.id = any($2::uuid[])
 order by q.priority, c.next_start_at, c.id
 limit least($5::bigint,
             greatest(0, coalesce((select pool.concurrency_limit from pool)
                                  - (select sum(held) from queues), 1000)))
