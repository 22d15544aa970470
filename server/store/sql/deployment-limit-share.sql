-- Limits a deployment's runs by a limit that is there; no row if it is not.
update sluice.deployment d
   set concurrency_limit_id = c.id, collision_strategy = $3, grace_period_seconds = $4
  from sluice.concurrency_limit c
 where d.id = $1 and c.id = $2
returning d.id
