-- What has ended of one stretch of all runs, in the order of their ids behind $2, leaves a pool and
-- its queues. Answers where the stretch ended; null: there was nothing more.
with stretch as materialized (
  select r.id
    from sluice.flow_run r
   where r.id > $2::uuid
   order by r.id
   limit $3
), gone as (
  update sluice.flow_run r
     set work_pool_id = null, work_queue_id = null
    from stretch s
   where r.id = s.id and r.work_pool_id = $1 and not r.leased
     and r.state_type in ('COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED')
)
select (select s.id from stretch s order by s.id desc limit 1) as "lastId"
