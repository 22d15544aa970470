-- Gives pools another status, each with the event that tells of it, if they still have the status
-- that is expected; null: whatever it is. Locked in the order of their ids, as others do it too.
with wanted as (
  select *
    from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[])
      as w (id, expected, status, event_id)
), locked as materialized (
  select p.id, p.name, p.type, w.status, w.event_id, p.last_status_event_id,
         p.last_transitioned_status_at
    from wanted w
    join sluice.work_pool p on p.id = w.id
   where w.expected is null or p.status = w.expected
   order by p.id
     for no key update of p
)
update sluice.work_pool p
   set status = l.status, last_status_event_id = l.event_id,
       last_transitioned_status_at = clock_timestamp()
  from locked l
 where p.id = l.id
returning p.id, p.name, p.type, p.status, p.last_status_event_id as "eventId",
          l.last_status_event_id as "lastEventId", l.last_transitioned_status_at as "lastAt",
          p.last_transitioned_status_at as now
