-- Creates a limit; no row if the name is taken.
insert into sluice.concurrency_limit
  (id, name, "limit", active, loose_slots, slot_decay_per_second, denied_slots)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (name) do nothing
returning id
