-- Runs that were told to stop long ago and that no agent holds. Time counts from when a replica
-- could next commit: before, nobody could have said that they stopped.
select r.id
  from sluice.flow_run r
 cross join sluice.liveness v
 where r.state_type = 'CANCELLING' and not r.leased
   and r.state_at < clock_timestamp() - make_interval(secs => $1::float8)
   and v.grace_from < clock_timestamp() - make_interval(secs => $1::float8)
 order by r.state_at
 limit $2
