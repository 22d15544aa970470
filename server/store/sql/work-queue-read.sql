-- Queues by priority or by name, with what follows from counting. Slots as in claim-facts.sql.
select q.id, q.name, q.description, q.priority, q.concurrency_limit as "concurrencyLimit",
       q.is_paused as "isPaused", q.status, q.last_polled_at as "lastPolledAt",
       q.work_pool_id as "workPoolId", q.work_pool_name as "workPoolName",
       q.is_default as "isDefault", q.created_at as "createdAt", q.updated_at as "updatedAt",
       l.held + u.held as "slotsHeld", w.due as "waitingRuns", clock_timestamp() as now
  from (select w.*, p.name as work_pool_name, p.default_queue_id = w.id as is_default
          from sluice.work_queue w
          join sluice.work_pool p on p.id = w.work_pool_id
         where ($1::text is null or p.name = $1)
           and case when $5::boolean
                    then w.id = any($2::uuid[])
                         or coalesce($3::text[], $4::text[]) is not null
                            and ($3 is null or w.name = any($3))
                            and ($4 is null or exists (select from unnest($4) as s (prefix)
                                                        where starts_with(lower(w.name),
                                                                          lower(s.prefix))))
                    else ($2 is null or w.id = any($2)) and ($3 is null or w.name = any($3))
                         and ($4 is null or exists (select from unnest($4) as s (prefix)
                                                     where starts_with(lower(w.name),
                                                                       lower(s.prefix))))
               end
           and ($7::text is null
                or (case when $6::boolean then w.priority else 0 end, w.name, w.id)
                   > ($8::integer, $7, $9::uuid))
         order by case when $6 then w.priority else 0 end, w.name, w.id
         limit $10 offset $11) q
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
 order by case when $6 then q.priority else 0 end, q.name, q.id
