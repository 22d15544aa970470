-- Runs by their ids, in the order asked for, with all that clients of the REST face read.
select r.id, r.name, r.flow_id as "flowId", r.deployment_id as "deploymentId",
       d.version as "deploymentVersion", y.flow_version as "flowVersion",
       r.work_pool_id as "workPoolId", p.name as "workPoolName",
       r.work_queue_id as "workQueueId", q.name as "workQueueName",
       r.state_id as "stateId", r.state_type as "stateType", r.state_name as "stateName",
       r.state_at as "stateAt", r.state_message as "stateMessage",
       r.state_details as "stateDetails", s.data as "stateData",
       r.run_count as "runCount", r.retries, r.retry_delay_seconds as "retryDelaySeconds",
       r.retry_type as "retryType", r.policy,
       y.parameters::text as parameters, y.context::text as context, y.labels,
       y.job_variables::text as "jobVariables", y.tags,
       r.idempotency_key as "idempotencyKey", r.parent_task_run_id as "parentTaskRunId",
       r.infrastructure_id as "infrastructureId", r.created_at as "createdAt",
       r.next_start_at as "nextStartAt", r.expected_start_at as "expectedStartAt",
       r.start_at as "startAt", r.end_at as "endAt", r.total_run_seconds as "totalRunSeconds",
       clock_timestamp() as now
  from unnest($1::uuid[]) with ordinality as wanted (id, place)
  join sluice.flow_run r on r.id = wanted.id
  join sluice.flow_run_payload y on y.flow_run_id = r.id
  left join sluice.flow_run_state s on s.flow_run_id = r.id and s.at = r.state_at
  left join sluice.deployment d on d.id = r.deployment_id
  left join sluice.work_pool p on p.id = r.work_pool_id
  left join sluice.work_queue q on q.id = r.work_queue_id
 order by wanted.place
