-- A cursor for each attempt that exists and has none, in the order in which cursors are locked.
insert into sluice.log_cursor (flow_run_id, epoch)
select l.flow_run_id, l.epoch
  from unnest($1::uuid[], $2::bigint[]) as wanted (flow_run_id, epoch)
  join sluice.lease l on l.flow_run_id = wanted.flow_run_id and l.epoch = wanted.epoch
 order by l.flow_run_id, l.epoch
on conflict do nothing
