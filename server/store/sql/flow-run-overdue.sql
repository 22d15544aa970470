-- Runs that should have begun by now and are not marked Late yet, the earliest first.
-- The clock as in claim-candidates.sql.
select r.id
  from sluice.flow_run r
 where r.state_type = 'SCHEDULED' and r.state_name = 'Scheduled'
   and r.next_start_at < (select clock_timestamp()) - make_interval(secs => $1::float8)
 order by r.next_start_at
 limit $2
