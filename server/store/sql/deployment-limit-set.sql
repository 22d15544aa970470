-- Limits a deployment's runs by the limit that is its own, which is named after it.
with own as (
  insert into sluice.concurrency_limit as c (id, name, "limit")
  values ($2, 'deployment:' || $1::uuid, $3)
  on conflict (name) do update set "limit" = excluded."limit", updated_at = clock_timestamp()
  returning c.id
)
update sluice.deployment d
   set concurrency_limit_id = own.id, collision_strategy = $4, grace_period_seconds = $5
  from own
 where d.id = $1
