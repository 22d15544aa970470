-- Pools whose status is no longer so: READY although no agent or Prefect worker is online and no
-- agent was heard of a while ago, as one that only changes the replica was; or NOT_READY although one
-- is online. Silence counts as in work-pool-read.sql; workers are marked by worker-mark-offline.sql.
select p.id, p.status, case when a.online then 'READY' else 'NOT_READY' end as "becomes"
  from sluice.work_pool p
 cross join lateral (
       select exists (
                select
                  from sluice.agent a, sluice.liveness v
                 where a.work_pool_id = p.id and a.is_connected
                   and greatest(a.last_seen_at, v.grace_from)
                       > clock_timestamp() - make_interval(secs => a.heartbeat_seconds * $1)
              ) or exists (
                select
                  from sluice.worker w
                 where w.work_pool_id = p.id and w.status = 'ONLINE'
              ) as online) a
 where p.type <> 'prefect-agent'
   and case p.status
         when 'NOT_READY' then a.online
         when 'READY' then not a.online and not exists (
                select
                  from sluice.agent a
                 where a.work_pool_id = p.id
                   and a.last_seen_at
                       > clock_timestamp() - make_interval(secs => a.heartbeat_seconds * 2))
         else false end
 order by p.id
 limit 500
