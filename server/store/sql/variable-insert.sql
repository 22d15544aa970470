-- A new variable; no row if the name is taken.
insert into sluice.variable (id, name, value, tags)
values ($1, $2, $3::json, $4::text[])
    on conflict (name) do nothing
returning id
