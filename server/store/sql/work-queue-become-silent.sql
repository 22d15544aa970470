-- Those of these queues that are still READY and still silent become NOT_READY. Silence as in
-- work-queue-silent.sql, locks as in work-queue-become-ready.sql.
with due as materialized (
  select q.id
    from sluice.work_queue q, sluice.liveness v
   where q.id = any($2::uuid[]) and q.status = 'READY'
     and greatest(q.last_polled_at, v.grace_from)
         < clock_timestamp() - make_interval(secs => $1::float8)
   order by q.id
     for no key update of q skip locked
)
update sluice.work_queue q
   set status = 'NOT_READY'
  from due, sluice.work_pool p
 where q.id = due.id and p.id = q.work_pool_id
returning q.id, q.name, p.id as "workPoolId", p.name as "workPoolName", p.type as "workPoolType"
