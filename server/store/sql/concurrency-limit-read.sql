-- Limits by name, with what is taken of them: those of some ids or names, or a page of all.
select c.id, c.name, c."limit", c.active, u.loose + u.leased + u.in_hand as "slotsHeld",
       c.slot_decay_per_second as "slotDecayPerSecond",
       ceil(u.denied)::bigint as "deniedSlots",
       c.avg_slot_occupancy_seconds as "avgSlotOccupancySeconds",
       c.created_at as "createdAt", c.updated_at as "updatedAt"
  from (select *
          from sluice.concurrency_limit l
         where ($1::uuid[] is null or l.id = any($1) or l.name = any($2::text[]))
           and ($3::text is null or l.name > $3)
           and ($4::text is null or starts_with(l.name, $4))
         order by l.name
         limit $5 offset $6) c
 cross join lateral sluice.limit_use(c.id) u
 order by c.name
