-- Who holds slots of some limits, the longest first.
select s.limit_id as "limitId", e.holder_id as "holderId"
  from sluice.concurrency_lease_slot s
  join sluice.concurrency_lease e on e.id = s.lease_id
 where s.limit_id = any($1::uuid[]) and e.holder_id is not null
 order by e.created_at, e.id
