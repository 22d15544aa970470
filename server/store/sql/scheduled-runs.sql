-- Runs of some queues of a pool that may be handed out within a window, in waterfall order: priority,
-- raised by ageing as in claim-candidates.sql, then time, then id. No more than pauses and limits let through, unless $7 says that they do not
-- matter. Both bounds are included. Nothing is locked and nothing marked: whoever starts a run is
-- decided when it becomes PENDING. Slots as in claim-facts.sql, in all queues of the pool.
with pool as materialized (
  select p.id, p.ageing_seconds,
         case when not $7::boolean then p.concurrency_limit end as concurrency_limit
    from sluice.work_pool p
   where p.id = $1 and ($7 or not p.is_paused)
), queues as materialized (
  select q.id, q.priority, q.is_paused,
         case when not $7 then q.concurrency_limit end as concurrency_limit,
         case when not $7 and (q.concurrency_limit is not null or pool.concurrency_limit is not null)
              then (select count(*) from sluice.lease l
                     where l.work_queue_id = q.id and l.ended_at is null)
                 + (select count(*) from sluice.flow_run r
                     where r.work_queue_id = q.id and r.state_type in ('PENDING', 'RUNNING')
                       and not r.leased)
              else 0 end as held
    from sluice.work_queue q
    join pool on pool.id = q.work_pool_id
)
select c.id as "flowRunId", q.id as "workQueueId"
  from queues q
 cross join lateral (
         select r.id, r.next_start_at
           from sluice.flow_run r
          where r.work_queue_id = q.id and r.state_type = 'SCHEDULED' and not r.leased
            and r.retry_type is distinct from 'in_process'
            and r.next_start_at <= coalesce($3::timestamptz, 'infinity')
            and r.next_start_at >= coalesce($4::timestamptz, '-infinity')
          order by r.next_start_at, r.id
          limit greatest(0, least($5::bigint + $6::bigint, q.concurrency_limit - q.held))) c
 where ($2::uuid[] is null or q.id = any($2)) and ($7 or not q.is_paused)
 order by greatest(1, q.priority - coalesce(floor(greatest(0, extract(epoch from
                 (select clock_timestamp()) - c.next_start_at))
                   / (select pool.ageing_seconds from pool)), 0)),
          c.next_start_at, c.id
 limit greatest(0, least($5, (select pool.concurrency_limit from pool)
                            - (select coalesce(sum(queues.held), 0) from queues) - $6))
offset $6
