-- Polled queues that are NOT_READY become READY. Locked in one order, without waiting for anybody.
with due as materialized (
  select q.id
    from sluice.work_queue q
   where q.id = any($1::uuid[]) and q.status = 'NOT_READY'
   order by q.id
     for no key update skip locked
)
update sluice.work_queue q
   set status = 'READY', last_polled_at = clock_timestamp()
  from due, sluice.work_pool p
 where q.id = due.id and p.id = q.work_pool_id
returning q.id, q.name, p.id as "workPoolId", p.name as "workPoolName", p.type as "workPoolType"
