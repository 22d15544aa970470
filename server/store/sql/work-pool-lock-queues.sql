-- Whoever adds a queue to the pool holds this lock, so that two cannot choose one priority.
select p.id
  from sluice.work_pool p
 where p.id = $1
   for no key update
