-- Takes a deployment's limit away: its own is deleted, one that it shares stays.
with unlimited as (
  update sluice.deployment d
     set concurrency_limit_id = null, collision_strategy = $2, grace_period_seconds = $3
   where d.id = $1
)
delete from sluice.concurrency_limit c
 where c.name = 'deployment:' || $1::uuid
