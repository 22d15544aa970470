-- Locks the deployments that have a limit, in the order of their ids: before the limit, as whoever
-- changes a deployment does.
select d.id
  from sluice.deployment d
 where d.concurrency_limit_id = $1
 order by d.id
   for no key update
