-- A worker is alive: its row, new or told so. What it does not say stays as it was.
insert into sluice.worker as w (id, work_pool_id, name, heartbeat_seconds, type, metadata)
values ($1, $2, $3, $4, $5, $6::jsonb)
on conflict (work_pool_id, name) do update
   set last_heartbeat_at = clock_timestamp(), updated_at = clock_timestamp(), status = 'ONLINE',
       heartbeat_seconds = coalesce(excluded.heartbeat_seconds, w.heartbeat_seconds),
       type = coalesce(excluded.type, w.type), metadata = coalesce(excluded.metadata, w.metadata)
returning w.id
