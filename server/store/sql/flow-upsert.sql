-- The flow of that name, created if it is new. Tags and labels are those it was created with; the
-- update changes nothing: it finds the row that a transaction at the same time has inserted.
insert into sluice.flow as f (id, name, tags, labels) values ($1, $2, $3, $4)
on conflict (name) do update set name = excluded.name
returning f.id, f.xmax = 0 as created
