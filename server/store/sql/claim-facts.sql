-- What a claim must know, read after the pool's lock was had: the agents that offer slots, with
-- how many the counting of their leases really leaves; the queues that may be drawn from; what the
-- pool's own limit leaves. Slots are counted here and nowhere kept.
with pool as materialized (
  select p.id, p.concurrency_limit, p.is_paused, p.ageing_seconds
    from sluice.work_pool p
   where p.id = $1
), queues as materialized (
  select q.id, q.priority, q.concurrency_limit, q.is_paused or pool.is_paused as is_paused,
         case when q.concurrency_limit is not null or (select concurrency_limit from pool) is not null
              then (select count(*) from sluice.lease l
                     where l.work_queue_id = q.id and l.ended_at is null)
                 + (select count(*) from sluice.flow_run r
                     where r.work_queue_id = q.id and r.state_type in ('PENDING', 'RUNNING')
                       and not r.leased)
              else 0 end as held
    from sluice.work_queue q
    join pool on pool.id = q.work_pool_id
)
select (select json_agg(json_build_object(
                 'agentId', a.id, 'workQueueIds', a.work_queue_ids,
                 'prefetchSeconds', a.prefetch_seconds,
                 'freeSlots', least(o.free, a.slot_limit - (select count(*) from sluice.lease l
                                     where l.agent_id = a.id and l.ended_at is null))))
          from unnest($2::uuid[], $3::bigint[], $4::integer[]) as o (agent_id, session, free)
          join sluice.agent a on a.id = o.agent_id and a.session = o.session
                             and a.work_pool_id = $1) as agents,
       (select json_agg(json_build_object(
                 'workQueueId', q.id, 'priority', q.priority, 'isPaused', q.is_paused,
                 'freeSlots', q.concurrency_limit - q.held) order by q.priority, q.id)
          from queues q) as queues,
       (select (pool.concurrency_limit - (select coalesce(sum(q.held), 0) from queues q))::integer
          from pool) as "poolFree",
       (select pool.ageing_seconds from pool) as "ageingSeconds",
       clock_timestamp() as now
