-- The pool, so that until it is deleted no agent joins it and no queue or run is added.
select p.id
  from sluice.work_pool p
 where p.name = $1
   for update
