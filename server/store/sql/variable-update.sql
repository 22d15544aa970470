-- Changes what is given of the variable with that id or name. Values that may be null themselves are
-- preceded by whether they are given; a new name must be free.
update sluice.variable v
   set name = coalesce($3, v.name),
       value = case when $4::boolean then $5::json else v.value end,
       tags = coalesce($6::text[], v.tags),
       updated_at = clock_timestamp()
 where (v.id = $1::uuid or v.name = $2::text)
returning v.id, v.name
