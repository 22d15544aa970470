-- Lines that clients sent, and how many there thereby are of each run. The cursors are locked.
with line as (
  insert into sluice.log (flow_run_id, epoch, line_offset, stored_at, at, level, message, name,
                          task_run_id)
  select n.flow_run_id, 0, n.line_offset, clock_timestamp(), n.at, n.level, n.message, n.name,
         n.task_run_id
    from unnest($1::uuid[], $2::bigint[], $3::timestamptz[], $4::smallint[], $5::text[],
                $6::text[], $7::uuid[])
      as n (flow_run_id, line_offset, at, level, message, name, task_run_id)
)
update sluice.log_cursor c
   set stored_offset = m.stored_offset
  from unnest($8::uuid[], $9::bigint[]) as m (flow_run_id, stored_offset)
 where c.flow_run_id = m.flow_run_id and c.epoch = 0
