-- Takes leases on slots of deployments, or prolongs them. One that was taken back meanwhile is made
-- again: whoever does this has found room for it, under the limit's lock.
insert into sluice.concurrency_lease as e (id, holder_type, holder_id, flow_run_id, expires_at)
select h.id, 'flow_run', h.flow_run_id, h.flow_run_id,
       clock_timestamp() + make_interval(secs => h.ttl_seconds)
  from unnest($1::uuid[], $2::uuid[], $3::float8[]) as h (id, flow_run_id, ttl_seconds)
on conflict (id) do update
   set expires_at = excluded.expires_at
