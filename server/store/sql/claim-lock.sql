-- Locks the chosen runs that are still SCHEDULED; one that another transition holds is left for
-- the next claim. With all that its agent needs to run it.
with locked as materialized (
  select r.*
    from sluice.flow_run r
   where r.id = any($1::uuid[]) and r.state_type = 'SCHEDULED' and not r.leased
   order by r.id
     for update skip locked
)
select l.id, l.kind, l.flow_id as "flowId", l.work_pool_id as "workPoolId",
       l.work_queue_id as "workQueueId", l.deployment_id as "deploymentId",
       d.id is not null as "deploymentExists", d.concurrency_limit_id as "concurrencyLimitId",
       l.state_id as "stateId", l.state_type as "stateType", l.state_name as "stateName",
       l.state_at as "stateAt", l.state_message as "stateMessage", l.state_details as "stateDetails",
       l.epoch, l.leased, l.run_count as "runCount", l.retries,
       l.retry_delay_seconds as "retryDelaySeconds", l.retry_type as "retryType", l.policy,
       l.next_start_at as "nextStartAt", l.expected_start_at as "expectedStartAt",
       l.start_at as "startAt", l.end_at as "endAt", l.total_run_seconds as "totalRunSeconds",
       l.infrastructure_id as "infrastructureId", l.created_at as "createdAt",
       clock_timestamp() as now,
       l.name as "flowRunName", f.name as "flowName", d.name as "deploymentName",
       q.name as "workQueueName",
       coalesce(d.job_variables::text, '{}') as "deploymentJobVariables",
       y.job_variables::text as "jobVariables", y.parameters::text as parameters,
       d.entrypoint, d.pull_steps::text as "pullSteps"
  from locked l
  join sluice.flow f on f.id = l.flow_id
  join sluice.work_queue q on q.id = l.work_queue_id
  join sluice.flow_run_payload y on y.flow_run_id = l.id
  left join sluice.deployment d on d.id = l.deployment_id
