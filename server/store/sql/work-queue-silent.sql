-- READY queues that nobody polled for that many seconds. While no replica could commit, no poll
-- could be heard: silence counts from then.
select q.id
  from sluice.work_queue q, sluice.liveness v
 where q.status = 'READY'
   and greatest(q.last_polled_at, v.grace_from)
       < (select clock_timestamp()) - make_interval(secs => $1::float8)
 order by q.id
 limit 500
