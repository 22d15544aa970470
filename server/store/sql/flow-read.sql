-- Flows by their ids, in the order asked for; or the one of a name.
select f.id, f.name, f.tags, f.labels, f.created_at as "createdAt", f.updated_at as "updatedAt"
  from sluice.flow f
 where f.id = any($1::uuid[]) or f.name = $2
 order by array_position($1::uuid[], f.id)
