-- What the creation of runs must know of deployments, named by id or by flow and name.
select d.id, d.flow_id as "flowId", f.name as "flowName", d.name, d.entrypoint,
       d.parameters::text as parameters, d.parameter_schema as "parameterSchema",
       d.enforce_parameter_schema as "enforceParameterSchema",
       d.job_variables as "jobVariables", d.tags, d.retries,
       d.retry_delay_seconds as "retryDelaySeconds",
       q.work_pool_id as "workPoolId", d.work_queue_id as "workQueueId",
       p.name as "workPoolName", p.base_job_template as "baseJobTemplate",
       p.is_paused as "workPoolPaused",
       exists (select from sluice.agent a
                where a.work_pool_id = p.id and a.is_connected
                  and a.last_seen_at > clock_timestamp()
                        - make_interval(secs => a.heartbeat_seconds * $4))
       or exists (select from sluice.worker w
                   where w.work_pool_id = p.id and w.status = 'ONLINE') as "hasAgent",
       clock_timestamp() as now
  from sluice.deployment d
  join sluice.flow f on f.id = d.flow_id
  left join sluice.work_queue q on q.id = d.work_queue_id
  left join sluice.work_pool p on p.id = q.work_pool_id
 where d.id = any($1::uuid[])
    or d.id in (select e.id
                  from unnest($2::text[], $3::text[]) as w (flow_name, name)
                  join sluice.flow g on g.name = w.flow_name
                  join sluice.deployment e on e.flow_id = g.id and e.name = w.name)
