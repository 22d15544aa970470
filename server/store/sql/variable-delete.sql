-- Deletes the variable with that id or name.
delete from sluice.variable v
 where v.id = $1::uuid or v.name = $2::text
returning v.id, v.name
