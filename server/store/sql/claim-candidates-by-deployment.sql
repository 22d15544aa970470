-- The same as claim-candidates.sql where runs of full deployments stand in front: of each deployment
-- only as many as its limit has room for, so that any number of waiting runs is passed over at the
-- cost of one look. What is counted here may be outdated by the time the limits are locked. A
-- deployment that cancels what finds no room shows those of its runs that are due.
with recursive queue as materialized (
  select *
    from unnest($1::uuid[], $2::integer[], $3::integer[]) as q (work_queue_id, priority, cap)
), lane as (
  select q.work_queue_id, q.priority, q.cap, f.deployment_id
    from queue q
   cross join lateral (
           select r.deployment_id
             from sluice.flow_run r
            where r.work_queue_id = q.work_queue_id and r.state_type = 'SCHEDULED'
              and not r.leased and r.retry_type is distinct from 'in_process'
            order by r.deployment_id
            limit 1) f
  union all
  -- From one deployment to the next along the index. Null is the last, and is behind none.
  select l.work_queue_id, l.priority, l.cap, f.deployment_id
    from lane l
   cross join lateral (
           (select r.deployment_id
              from sluice.flow_run r
             where r.work_queue_id = l.work_queue_id and r.deployment_id > l.deployment_id
               and r.state_type = 'SCHEDULED' and not r.leased
               and r.retry_type is distinct from 'in_process'
             order by r.deployment_id
             limit 1)
            union all
           (select null::uuid
             where l.deployment_id is not null
               and exists (select
                             from sluice.flow_run r
                            where r.work_queue_id = l.work_queue_id and r.deployment_id is null
                              and r.state_type = 'SCHEDULED' and not r.leased
                              and r.retry_type is distinct from 'in_process'))
            limit 1) f
), open_lane as materialized (
  select l.work_queue_id, l.priority, l.deployment_id, d.concurrency_limit_id,
         d.collision_strategy,
         case when u.free is null or u.cancels then l.cap
              else greatest(0, least(l.cap, u.free)) end as cap,
         case when u.free <= 0 then 0 else $4::float8 end as window_seconds
    from lane l
    left join sluice.deployment d on d.id = l.deployment_id
    left join lateral (
           select c."limit" - t.loose - t.leased - t.in_hand as free,
                  c."limit" = 0 or d.collision_strategy = 'CANCEL_NEW' as cancels
             from sluice.concurrency_limit c
            cross join lateral sluice.limit_use(c.id) t
            where c.id = d.concurrency_limit_id and c.active) u on true
)
select c.id as "flowRunId", l.work_queue_id as "workQueueId", l.priority,
       c.next_start_at as "dueAt", l.concurrency_limit_id as "limitId",
       l.collision_strategy as "collisionStrategy"
  from open_lane l
 cross join lateral (
         (select r.id, r.next_start_at
            from sluice.flow_run r
           where r.work_queue_id = l.work_queue_id and r.deployment_id = l.deployment_id
             and r.state_type = 'SCHEDULED' and not r.leased
             and r.retry_type is distinct from 'in_process'
             and r.next_start_at <= clock_timestamp() + make_interval(secs => l.window_seconds)
           order by r.next_start_at, r.id
           limit l.cap)
          union all
         (select r.id, r.next_start_at
            from sluice.flow_run r
           where l.deployment_id is null and r.work_queue_id = l.work_queue_id
             and r.deployment_id is null and r.state_type = 'SCHEDULED' and not r.leased
             and r.retry_type is distinct from 'in_process'
             and r.next_start_at <= clock_timestamp() + make_interval(secs => l.window_seconds)
           order by r.next_start_at, r.id
           limit l.cap)) c
 order by l.priority, c.next_start_at, c.id
 limit $5
