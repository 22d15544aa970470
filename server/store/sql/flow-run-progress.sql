-- How far some runs are: just what tells a watcher whether there is anything new to read.
select run.id, run.state_id as "stateId", run.leased,
       -- Lines that clients sent are counted, what attempts wrote is measured: any more is news.
       (coalesce(output.stored, 0) + coalesce(sent.stored_offset, 0))::bigint as "storedBytes",
       coalesce(output.missing, false) as "outputMissing",
       coalesce(output.unknown, false) as "outputUnknown"
  from sluice.flow_run run
  left join lateral (
    select sum(cursor.stored_offset) as stored,
           bool_or(lease.output_bytes > coalesce(cursor.stored_offset, 0)) as missing,
           bool_or(lease.start_granted_at is not null and lease.output_bytes is null) as unknown
      from sluice.lease lease
      left join sluice.log_cursor cursor
        on cursor.flow_run_id = lease.flow_run_id and cursor.epoch = lease.epoch
     where lease.flow_run_id = run.id
  ) output on true
  left join sluice.log_cursor sent on sent.flow_run_id = run.id and sent.epoch = 0
 where run.id = any($1::uuid[])
