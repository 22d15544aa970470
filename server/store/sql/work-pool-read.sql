-- Pools by name, with what follows from the clock and from counting. Silence counts from the last
-- heartbeat, or from when a replica could next commit, whichever is later.
select p.id, p.name, p.type, p.description, p.base_job_template::text as "baseJobTemplate",
       p.is_paused as "isPaused", p.concurrency_limit as "concurrencyLimit",
       p.lost_policy as "lostPolicy", p.lost_after_seconds as "lostAfterSeconds",
       p.default_queue_id as "defaultQueueId", p.created_at as "createdAt",
       p.updated_at as "updatedAt",
       p.storage_configuration::text as "storageConfiguration", p.ageing_seconds as "ageingSeconds",
       case when p.is_paused then 'PAUSED' else p.status end as status,
       a.online as "agentsOnline", q.leased + q.unleased as "slotsHeld",
       q.waiting as "waitingRuns", q.active as "activeSlots"
  from sluice.work_pool p
 cross join lateral (
       select count(*) as online
         from sluice.agent a, sluice.liveness v
        where a.work_pool_id = p.id and a.is_connected
          and greatest(a.last_seen_at, v.grace_from)
              > clock_timestamp() - make_interval(secs => a.heartbeat_seconds * $4)) a
 cross join lateral (
       select coalesce(sum(l.held), 0)::bigint as leased,
              coalesce(sum(u.held), 0)::bigint as unleased,
              coalesce(sum(w.due), 0)::bigint as waiting,
              coalesce(sum(h.active), 0)::bigint as active
         from sluice.work_queue q
        cross join lateral (
              select count(*) as held
                from sluice.lease l
               where l.work_queue_id = q.id and l.ended_at is null) l
        cross join lateral (
              select count(*) as held
                from sluice.flow_run r
               where r.work_queue_id = q.id and r.state_type in ('PENDING', 'RUNNING')
                 and not r.leased) u
        cross join lateral (
              select count(*) as due
                from sluice.flow_run r
               where r.work_queue_id = q.id and r.state_type = 'SCHEDULED' and not r.leased
                 and r.retry_type is distinct from 'in_process'
                 and r.next_start_at <= (select clock_timestamp())) w
        cross join lateral (
              select count(*) filter (where r.state_type <> 'CANCELLING') as active
                from sluice.flow_run r
               where r.work_queue_id = q.id
                 and r.state_type in ('PENDING', 'RUNNING', 'CANCELLING')) h
        where q.work_pool_id = p.id) q
 where ($1::text is null or p.name = $1)
   and ($2::text is null or p.name > $2)
   and case when $8::boolean
            then p.id = any($5::uuid[]) or p.name = any($6::text[]) or p.type = any($7::text[])
            else ($5 is null or p.id = any($5)) and ($6 is null or p.name = any($6))
                 and ($7 is null or p.type = any($7))
       end
 order by p.name
 limit $3 offset $9
