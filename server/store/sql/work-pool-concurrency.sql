-- The slots of a pool as Prefect counts them, PENDING and RUNNING runs: of the pool, and of a page
-- of its queues by priority, with some of each queue's runs, those longest in their state first.
with queue as materialized (
  select q.id, q.name, q.priority, q.concurrency_limit, h.active
    from sluice.work_pool p
    join sluice.work_queue q on q.work_pool_id = p.id
   cross join lateral (
         select count(*) as active
           from sluice.flow_run r
          where r.work_queue_id = q.id and r.state_type in ('PENDING', 'RUNNING', 'CANCELLING')
            and r.state_type <> 'CANCELLING') h
   where p.name = $1
), page as materialized (
  select *
    from queue q
   order by q.priority, q.id
   limit $2 offset $3
)
select p.concurrency_limit as "concurrencyLimit",
       (select coalesce(sum(q.active), 0)::bigint from queue q) as "activeSlots",
       (select count(*) from queue) as "queueCount",
       coalesce((
         select json_agg(json_build_object(
                  'id', g.id, 'name', g.name, 'concurrencyLimit', g.concurrency_limit,
                  'activeSlots', g.active, 'flowRuns', coalesce(f.runs, '[]'))
                  order by g.priority, g.id)
           from page g
          cross join lateral (
                select json_agg(json_build_object(
                         'id', c.id, 'name', c.name, 'stateType', c.state_type,
                         'stateName', c.state_name,
                         'startAt', extract(epoch from c.start_at) * 1000,
                         'stateAt', extract(epoch from c.state_at) * 1000,
                         'secondsInState',
                         greatest(0, extract(epoch from clock_timestamp() - c.state_at)))
                         order by c.state_at, c.id) as runs
                  from (select r.*
                          from sluice.flow_run r
                         where r.work_queue_id = g.id
                           and r.state_type in ('PENDING', 'RUNNING', 'CANCELLING')
                           and r.state_type <> 'CANCELLING'
                         order by r.state_at, r.id
                         limit $4) c) f), '[]') as queues
  from sluice.work_pool p
 where p.name = $1
