-- Takes back leases that have expired; answers the limits of which slots thereby are free. One that
-- is being prolonged now is left for the next time. A slot of a deployment whose run an agent holds
-- stays held, whether its engine renews the lease or not.
with expired as materialized (
  select e.id, e.flow_run_id
    from sluice.concurrency_lease e
   where e.expires_at <= clock_timestamp()
     and not exists (select
                       from sluice.flow_run r
                      where r.id = e.flow_run_id and r.leased)
   limit $1
     for update of e skip locked
), gone as (
  delete from sluice.concurrency_lease e
   using expired x
   where e.id = x.id
)
select distinct coalesce(s.limit_id, d.concurrency_limit_id) as "limitId"
  from expired x
  left join sluice.concurrency_lease_slot s on s.lease_id = x.id
  left join sluice.flow_run r on r.id = x.flow_run_id
  left join sluice.deployment d on d.id = r.deployment_id
 where coalesce(s.limit_id, d.concurrency_limit_id) is not null
