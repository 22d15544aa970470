-- One fact told by several records, in one snapshot: slots by the leases, by the runs, and by what
-- the agents of this replica ($1 to $3, an entry for each listed lease) say they hold. Leases that
-- began or ended in the last $4 seconds are left out of the comparison with agents, whose word may
-- be on its way. $5: the agents whose word is known.
with open_lease as materialized (
  select l.flow_run_id, l.epoch, l.agent_id, l.accepted_at
    from sluice.lease l
   where l.ended_at is null
), listed as materialized (
  select * from unnest($1::uuid[], $2::uuid[], $3::bigint[]) as h (agent_id, flow_run_id, epoch)
)
select (select count(*) from open_lease) as "openLeases",
       (select count(*)
          from open_lease o
         where not exists (select from sluice.flow_run r
                            where r.id = o.flow_run_id and r.epoch = o.epoch and r.leased))
         as "leasesWithoutRun",
       (select count(*)
          from sluice.flow_run r
         where r.state_type in ('PENDING', 'RUNNING', 'CANCELLING') and r.leased
           and not exists (select from sluice.lease l
                            where l.flow_run_id = r.id and l.epoch = r.epoch
                              and l.ended_at is null))
         as "runsWithoutLease",
       (select count(*)
          from listed h
          left join lateral (select l.agent_id, l.ended_at
                               from sluice.lease l
                              where l.flow_run_id = h.flow_run_id and l.epoch = h.epoch
                              limit 1) l on true
         where l.agent_id is distinct from h.agent_id
            or l.ended_at < clock_timestamp() - make_interval(secs => $4::float8))
         as "heldWithoutLease",
       (select count(*)
          from open_lease o
         where o.agent_id = any($5::uuid[])
           and o.accepted_at < clock_timestamp() - make_interval(secs => $4::float8)
           and (o.flow_run_id, o.epoch) not in (select h.flow_run_id, h.epoch from listed h))
         as "leasesNotHeld"
