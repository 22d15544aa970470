-- The same as claim-candidates.sql where runs of full deployments stand in front: of each deployment
-- only as many as its limit has room for, so that any number of waiting runs is passed over at the
-- cost of one look. What is counted here may be outdated by the time the limits are locked. A
-- deployment that cancels what finds no room shows those of its runs that are due. Where the order
-- begins with the deployment, it is there so that the index by deployment is the one that is read.
with recursive bound as materialized (
  select clock_timestamp() as now,
         clock_timestamp() + make_interval(secs => $4::float8) as until
), queue as materialized (
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
   where f.deployment_id is not null
  union all
  -- From one deployment to the next.
  select l.work_queue_id, l.priority, l.cap, f.deployment_id
    from lane l
   cross join lateral (
           select r.deployment_id
             from sluice.flow_run r
            where r.work_queue_id = l.work_queue_id and r.deployment_id > l.deployment_id
              and r.state_type = 'SCHEDULED' and not r.leased
              and r.retry_type is distinct from 'in_process'
            order by r.deployment_id
            limit 1) f
), open_lane as materialized (
  select l.work_queue_id, l.priority, l.deployment_id, d.concurrency_limit_id,
         d.collision_strategy,
         case when u.free is null or u.cancels then l.cap
              else greatest(0, least(l.cap, u.free)) end as cap,
         case when u.free <= 0 then (select now from bound)
              else (select until from bound) end as until
    from lane l
    left join lateral (
           select e.concurrency_limit_id, e.collision_strategy
             from sluice.deployment e
            where e.id = l.deployment_id
           offset 0) d on true
    left join lateral (
           select c."limit" - t.loose - t.leased - t.in_hand as free,
                  c."limit" = 0 or d.collision_strategy = 'CANCEL_NEW' as cancels
             from sluice.concurrency_limit c
            cross join lateral sluice.limit_use(c.id) t
            where c.id = d.concurrency_limit_id and c.active
           offset 0) u on true
)
select x.id as "flowRunId", x.work_queue_id as "workQueueId", x.priority,
       x.next_start_at as "dueAt", x.concurrency_limit_id as "limitId",
       x.collision_strategy as "collisionStrategy"
  from (select c.id, l.work_queue_id,
               greatest(1, l.priority - coalesce(floor(greatest(0, extract(epoch from
                 (select now from bound) - c.next_start_at)) / $6::float8), 0))::integer as priority,
               c.next_start_at, l.concurrency_limit_id, l.collision_strategy
          from open_lane l
         cross join lateral (
                 select r.id, r.next_start_at
                   from sluice.flow_run r
                  where r.work_queue_id = l.work_queue_id and r.deployment_id = l.deployment_id
                    and r.state_type = 'SCHEDULED' and not r.leased
                    and r.retry_type is distinct from 'in_process'
                    and r.next_start_at <= l.until
                  order by r.next_start_at, r.id
                  limit l.cap) c
        union all
        -- Runs without a deployment: no limit is theirs.
        select c.id, q.work_queue_id,
               greatest(1, q.priority - coalesce(floor(greatest(0, extract(epoch from
                 (select now from bound) - c.next_start_at)) / $6::float8), 0))::integer as priority,
               c.next_start_at, null, null
          from queue q
         cross join lateral (
                 select r.id, r.next_start_at
                   from sluice.flow_run r
                  where r.work_queue_id = q.work_queue_id and r.deployment_id is null
                    and r.state_type = 'SCHEDULED' and not r.leased
                    and r.retry_type is distinct from 'in_process'
                    and r.next_start_at <= (select until from bound)
                  order by r.deployment_id, r.next_start_at, r.id
                  limit q.cap) c) x
 order by x.priority, x.next_start_at, x.id
 limit $5
