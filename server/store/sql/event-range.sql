-- Events by their ids, which grow with time, from $1 on and before $2, with what a run's events say
-- of it. Days before $3 are not looked at; $4: of these names only.
select e.id, e.at, e.event, e.resource_kind as "resourceKind", e.resource_id as "resourceId",
       e.payload, e.resource, e.related, e.follows,
       r.name as "runName", r.flow_id as "flowId", r.deployment_id as "deploymentId",
       r.work_pool_id as "workPoolId", r.work_queue_id as "workQueueId"
  from sluice.event e
  left join sluice.flow_run r on e.resource_kind = 'flow-run' and r.id = e.resource_id
 where e.id >= $1 and e.id < $2 and e.at >= $3
   and ($4::text[] is null or e.event = any($4))
 order by e.id
 limit $5
