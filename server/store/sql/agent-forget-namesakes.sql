delete from sluice.agent a
 where a.work_pool_id = $2 and a.name = $3 and a.id <> $1
   and (not a.is_connected
        or a.last_seen_at < clock_timestamp() - make_interval(secs => a.heartbeat_seconds * 6))
   and not exists (select from sluice.lease l where l.agent_id = a.id and l.ended_at is null)
