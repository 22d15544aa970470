with bound as materialized (
  select clock_timestamp() - make_interval(secs => $1::float8) as overdue
)
select r.id
  from sluice.flow_run r
 where r.state_type = 'SCHEDULED' and r.state_name = 'Scheduled'
   and r.next_start_at < (select overdue from bound)
 order by r.next_start_at
 limit $2
