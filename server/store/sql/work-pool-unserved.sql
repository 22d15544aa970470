-- The pool, if nobody serves it now and it is not paused. Silence counts as in work-pool-read.sql.
select p.name, p.type
  from sluice.work_pool p
 where p.id = $1 and not p.is_paused
   and not exists (select from sluice.worker w
                    where w.work_pool_id = p.id and w.status = 'ONLINE')
   and not exists (select from sluice.agent a, sluice.liveness v
                    where a.work_pool_id = p.id and a.is_connected
                      and greatest(a.last_seen_at, v.grace_from)
                          > clock_timestamp() - make_interval(secs => a.heartbeat_seconds * $2))
