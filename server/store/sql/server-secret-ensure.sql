-- The secret of that name, which is the given one if there was none. The update changes nothing; it
-- makes the row be returned, also one that another replica has just made.
insert into sluice.server_secret as s (name, value)
values ($1, $2)
on conflict (name) do update set name = s.name
returning s.value
