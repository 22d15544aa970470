-- A cursor for what clients send of each run that exists, in the order in which cursors are locked.
insert into sluice.log_cursor (flow_run_id, epoch)
select r.id, 0
  from unnest($1::uuid[]) as wanted (id)
  join sluice.flow_run r on r.id = wanted.id
 order by r.id
on conflict do nothing
