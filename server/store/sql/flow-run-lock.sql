-- The runs, locked in the order of their ids, each with the time after its lock was had. A lease
-- is only as new as the statement: who decides on leases locks them with lease-lock.sql.
with locked as materialized (
  select r.*
    from sluice.flow_run r
   where r.id = any($1::uuid[])
   order by r.id
     for update
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
       clock_timestamp() as now
  from locked l
  left join sluice.deployment d on d.id = l.deployment_id
