-- The runs that hold a queue's slots, those that have been at it longest first.
select h.id
  from (select l.flow_run_id as id, l.granted_at as since
          from sluice.lease l
         where l.work_queue_id = $1 and l.ended_at is null
         union all
        select r.id, r.state_at
          from sluice.flow_run r
         where r.work_queue_id = $1 and r.state_type in ('PENDING', 'RUNNING')
           and not r.leased) h
 order by h.since, h.id
 limit $2 offset $3
