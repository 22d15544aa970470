-- Limits by id or name, locked in the order of their ids: whoever takes slots of several takes them
-- in this order. What is taken of them must be counted in a later statement.
select c.id, c.name, c."limit", c.active, c.slot_decay_per_second as "slotDecayPerSecond",
       c.avg_slot_occupancy_seconds as "avgSlotOccupancySeconds"
  from sluice.concurrency_limit c
 where c.id = any($1::uuid[]) or c.name = any($2::text[])
 order by c.id
   for no key update
