-- Counts slots of locked limits that are taken or given back without a lease, and those asked for in
-- vain. What has decayed until now is settled. An occupation moves the average by its share.
update sluice.concurrency_limit c
   set loose_slots = greatest(0, $2::integer
         + greatest(0, c.loose_slots - c.slot_decay_per_second
                         * extract(epoch from clock_timestamp() - c.counted_at)::float8)),
       denied_slots = greatest(0, u.denied + $3::integer),
       avg_slot_occupancy_seconds = c.avg_slot_occupancy_seconds
         + coalesce(($4::float8 - c.avg_slot_occupancy_seconds) / greatest(2, c."limit"), 0),
       counted_at = clock_timestamp()
  from unnest($1::uuid[]) as w (id)
 cross join lateral sluice.limit_use(w.id) u
 where c.id = w.id
