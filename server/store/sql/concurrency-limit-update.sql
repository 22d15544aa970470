-- Changes what is given of a locked limit. Slots that leases and runs hold are held in any case, so
-- that only the rest of those given counts as taken without a lease. No row: the limit is gone.
update sluice.concurrency_limit c
   set name = coalesce($2, c.name), "limit" = coalesce($3, c."limit"),
       active = coalesce($4, c.active),
       loose_slots = case
         when $5::bigint is not null then greatest(0, $5::bigint - u.leased - u.in_hand)
         else greatest(0, c.loose_slots
                - c.slot_decay_per_second
                  * extract(epoch from clock_timestamp() - c.counted_at)::float8) end,
       slot_decay_per_second = coalesce($6, c.slot_decay_per_second),
       denied_slots = coalesce($7, u.denied),
       counted_at = clock_timestamp(), updated_at = clock_timestamp()
  from sluice.limit_use($1) u
 where c.id = $1
returning c.id
