-- Deletes a deployment with the limit that is its own; no row if it is gone.
with gone as (
  delete from sluice.deployment d
   where d.id = $1
  returning d.id
), unlimited as (
  delete from sluice.concurrency_limit c
   using gone
   where c.name = 'deployment:' || gone.id
)
select id from gone
