-- Lines, and how far the cursors thereby get. A cursor that is not where the lines begin does not
-- move: the count of rows says how many did.
with line as (
  insert into sluice.log (flow_run_id, epoch, line_offset, stored_at, at, level, message)
  select n.flow_run_id, n.epoch, n.line_offset, clock_timestamp(),
         coalesce(to_timestamp(n.at / 1000), clock_timestamp()), n.level, n.message
    from unnest($1::uuid[], $2::bigint[], $3::bigint[], $4::float8[], $5::smallint[], $6::text[])
      as n (flow_run_id, epoch, line_offset, at, level, message)
)
update sluice.log_cursor c
   set stored_offset = m.stored_offset
  from unnest($7::uuid[], $8::bigint[], $9::bigint[], $10::bigint[])
    as m (flow_run_id, epoch, expected_offset, stored_offset)
 where c.flow_run_id = m.flow_run_id and c.epoch = m.epoch
   and c.stored_offset = m.expected_offset
