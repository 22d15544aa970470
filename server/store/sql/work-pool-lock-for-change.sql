-- The pool that is about to be changed, so that nobody else changes it meanwhile.
select p.id, p.name, p.type
  from sluice.work_pool p
 where p.name = $1
   for no key update
