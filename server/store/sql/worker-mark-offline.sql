-- Workers that missed so many beats are OFFLINE; answers their pools. Silence counts from when a
-- replica could next commit, as for agents. One that never said how often it beats has $2.
update sluice.worker w
   set status = 'OFFLINE', updated_at = clock_timestamp()
  from sluice.liveness v
 where w.status = 'ONLINE'
   and greatest(w.last_heartbeat_at, v.grace_from)
       < clock_timestamp()
         - make_interval(secs => coalesce(w.heartbeat_seconds, $2::float8) * $1::float8)
returning w.work_pool_id as "workPoolId"
