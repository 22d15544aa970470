-- Workers of a pool, those heard of last first. The status is the stored one.
select w.id, w.name, w.work_pool_id as "workPoolId", w.heartbeat_seconds as "heartbeatSeconds",
       w.last_heartbeat_at as "lastHeartbeatAt", w.status, w.created_at as "createdAt",
       w.updated_at as "updatedAt"
  from sluice.worker w
 where w.work_pool_id = $1
   and case when $2::boolean
            then w.status = any($3::text[]) or w.status <> all($4::text[])
                 or w.last_heartbeat_at <= $5::timestamptz or w.last_heartbeat_at >= $6::timestamptz
            else ($3 is null or w.status = any($3)) and ($4 is null or w.status <> all($4))
                 and ($5 is null or w.last_heartbeat_at <= $5)
                 and ($6 is null or w.last_heartbeat_at >= $6)
       end
 order by w.last_heartbeat_at desc, w.id desc
 limit $7 offset $8
