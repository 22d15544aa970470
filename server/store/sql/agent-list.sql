-- Agents and Prefect's workers, those seen last first. Silence counts as in work-pool-read.sql; a
-- worker's status is the stored one, and what it runs is counted with nobody.
select s.*
  from (select a.id, a.name, p.name as "workPoolName", a.type, a.slot_limit as "limit",
               a.version, a.hostname, a.last_seen_at as "lastSeenAt", a.created_at as "createdAt",
               case when a.is_connected
                     and greatest(a.last_seen_at, v.grace_from)
                         > clock_timestamp() - make_interval(secs => a.heartbeat_seconds * $5)
                    then 'ONLINE' else 'OFFLINE' end as status,
               (select count(*) from sluice.lease l where l.agent_id = a.id and l.ended_at is null)
                 as "slotsHeld",
               array(select q.name from sluice.work_queue q
                      where q.id = any(a.work_queue_ids) order by q.priority, q.name)
                 as "workQueueNames"
          from sluice.agent a
          join sluice.work_pool p on p.id = a.work_pool_id
         cross join sluice.liveness v
         where $1::text is null or p.name = $1
        union all
        select w.id, w.name, p.name, coalesce(w.type, p.type), null, 'Prefect', '',
               w.last_heartbeat_at, w.created_at, w.status, 0, '{}'
          from sluice.worker w
          join sluice.work_pool p on p.id = w.work_pool_id
         where $1::text is null or p.name = $1) s
 where $2::float8 is null
    or (s."lastSeenAt", s.id) < (to_timestamp($2::float8 / 1000), $3::uuid)
 order by s."lastSeenAt" desc, s.id desc
 limit $4
