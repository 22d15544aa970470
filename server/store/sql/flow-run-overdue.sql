select r.id
  from sluice.flow_run r
 where r.state_type = 'SCHEDULED' and r.state_name = 'Scheduled'
   and r.next_start_at < clock_timestamp() - make_interval(secs => $1::float8)
 order by r.next_start_at
 limit $2
