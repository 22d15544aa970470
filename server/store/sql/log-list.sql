-- A run's lines behind a place, in order. Days before the run was created are not looked at.
select g.epoch, g.line_offset as "offset", g.at, g.stored_at as "storedAt", g.level,
       g.message
  from sluice.log g
 where g.flow_run_id = $1
   and (g.epoch, g.line_offset) > ($2, $3)
   and g.stored_at >= (select r.created_at - interval '1 day' from sluice.flow_run r where r.id = $1)
 order by g.epoch, g.line_offset
 limit $4
