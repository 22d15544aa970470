-- The agent's row, new or raised to this session. No row: the session is not newer than the stored.
insert into sluice.agent as a (id, work_pool_id, name, type, session, slot_limit, work_queue_ids,
                               prefetch_seconds, heartbeat_seconds, version, hostname)
values ($1, $2, $3, $4, $5, $6, $7::uuid[], $8, $9, $10, $11)
on conflict (id) do update
   set work_pool_id = excluded.work_pool_id, name = excluded.name, type = excluded.type,
       session = excluded.session, slot_limit = excluded.slot_limit,
       work_queue_ids = excluded.work_queue_ids, prefetch_seconds = excluded.prefetch_seconds,
       heartbeat_seconds = excluded.heartbeat_seconds, version = excluded.version,
       hostname = excluded.hostname, is_connected = true, last_seen_at = clock_timestamp()
 where a.session < excluded.session
returning a.id
