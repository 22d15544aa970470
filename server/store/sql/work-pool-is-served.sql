-- Whether an agent or a Prefect worker of the pool is online. Silence counts as in
-- work-pool-read.sql.
select exists (
         select
           from sluice.agent a, sluice.liveness v
          where a.work_pool_id = $1 and a.is_connected
            and greatest(a.last_seen_at, v.grace_from)
                > clock_timestamp() - make_interval(secs => a.heartbeat_seconds * $2))
       or exists (
         select
           from sluice.worker w
          where w.work_pool_id = $1 and w.status = 'ONLINE') as served
