-- A lease on slots of some limits, of as many of each. Null seconds: until it is given back.
with lease as (
  insert into sluice.concurrency_lease (id, holder_type, holder_id, expires_at)
  values ($1, $2, $3,
          coalesce(clock_timestamp() + make_interval(secs => $4::float8), 'infinity'))
  returning id
)
insert into sluice.concurrency_lease_slot (lease_id, limit_id, slots)
select lease.id, limit_id, $6
  from lease, unnest($5::uuid[]) as limit_id
