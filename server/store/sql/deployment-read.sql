-- Deployments by flow name and name: one by its id, or by both names, or a page of many.
select d.id, d.name, d.flow_id as "flowId", f.name as "flowName", d.description, d.version,
       d.entrypoint, d.parameters::text as parameters,
       d.parameter_schema::text as "parameterSchema",
       d.enforce_parameter_schema as "enforceParameterSchema",
       d.job_variables::text as "jobVariables", d.pull_steps::text as "pullSteps", d.tags,
       p.id as "workPoolId", p.name as "workPoolName", q.id as "workQueueId",
       q.name as "workQueueName", d.retries, d.retry_delay_seconds as "retryDelaySeconds",
       c.id as "concurrencyLimitId", c.name as "concurrencyLimitName",
       c."limit" as "concurrencyLimit",
       coalesce(u.loose + u.leased + u.in_hand, 0) as "slotsHeld",
       d.collision_strategy as "collisionStrategy",
       d.grace_period_seconds as "gracePeriodSeconds",
       d.created_at as "createdAt", d.updated_at as "updatedAt"
  from sluice.deployment d
  join sluice.flow f on f.id = d.flow_id
  left join sluice.work_queue q on q.id = d.work_queue_id
  left join sluice.work_pool p on p.id = q.work_pool_id
  left join sluice.concurrency_limit c on c.id = d.concurrency_limit_id
  left join lateral sluice.limit_use(c.id) u on true
 where ($1::uuid is null or d.id = $1)
   and ($2::text is null or f.name = $2)
   and ($3::text is null or d.name = $3)
   and ($4::text is null or p.name = $4)
   and ($5::text is null or (f.name, d.name) > ($5, $6))
 order by f.name, d.name
 limit $7
