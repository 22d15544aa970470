-- The flow of that name, created if it is new. The update changes nothing: it finds the row that a
-- transaction at the same time has inserted.
insert into sluice.flow (id, name) values ($1, $2)
on conflict (name) do update set name = excluded.name
returning id
