-- Gives back what a holder has of some limits without end; answers the limits of which it had slots.
with held as materialized (
  select e.id, s.limit_id
    from sluice.concurrency_lease_slot s
    join sluice.concurrency_lease e on e.id = s.lease_id
   where s.limit_id = any($1::uuid[]) and e.holder_id = $2 and e.expires_at = 'infinity'
), gone as (
  delete from sluice.concurrency_lease e
   using held h
   where e.id = h.id
)
select distinct h.limit_id as "limitId"
  from held h
