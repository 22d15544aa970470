-- How much of each attempt's output is stored, locked in one order by all.
select c.flow_run_id as "flowRunId", c.epoch, c.stored_offset as "storedOffset"
  from unnest($1::uuid[], $2::bigint[]) as wanted (flow_run_id, epoch)
  join sluice.log_cursor c on c.flow_run_id = wanted.flow_run_id and c.epoch = wanted.epoch
 order by c.flow_run_id, c.epoch
   for update of c
