-- How many runs of a queue are Late: overdue, and nobody took them.
select count(*) as count
  from sluice.flow_run r
 where r.work_queue_id = $1 and r.state_type = 'SCHEDULED' and r.state_name = 'Late'
   and not r.leased and r.retry_type is distinct from 'in_process'
   and r.next_start_at <= (select clock_timestamp())
