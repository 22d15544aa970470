-- Deployments by their ids, in the order asked for, with all that clients of the REST face read.
select d.id, d.name, d.flow_id as "flowId", f.name as "flowName", d.description, d.version,
       d.entrypoint, d.parameters::text as parameters,
       d.parameter_schema::text as "parameterSchema",
       d.enforce_parameter_schema as "enforceParameterSchema",
       d.job_variables::text as "jobVariables", d.pull_steps::text as "pullSteps", d.tags,
       p.id as "workPoolId", p.name as "workPoolName", q.id as "workQueueId",
       q.name as "workQueueName", d.retries, d.retry_delay_seconds as "retryDelaySeconds",
       d.created_at as "createdAt", d.updated_at as "updatedAt",
       q.last_polled_at as "lastPolledAt",
       coalesce(q.last_polled_at > clock_timestamp() - interval '60 seconds', false) as "isPolled"
  from unnest($1::uuid[]) with ordinality as wanted (id, place)
  join sluice.deployment d on d.id = wanted.id
  join sluice.flow f on f.id = d.flow_id
  left join sluice.work_queue q on q.id = d.work_queue_id
  left join sluice.work_pool p on p.id = q.work_pool_id
 order by wanted.place
