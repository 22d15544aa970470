-- Gives a lease back; answers the slots that thereby are free, with how long they were held.
with gone as (
  delete from sluice.concurrency_lease e
   where e.id = $1
  returning e.id, e.created_at
)
select s.limit_id as "limitId",
       extract(epoch from clock_timestamp() - g.created_at)::float8 as "heldSeconds"
  from gone g
  join sluice.concurrency_lease_slot s on s.lease_id = g.id
