-- Runs by their ids, in the order asked for. Unreachable: the lease is held and its agent has been
-- silent for as many heartbeats as make it OFFLINE.
select r.id, r.name, r.flow_id as "flowId", f.name as "flowName",
       r.deployment_id as "deploymentId",
       -- A deployment's runs are of its flow.
       f.name || '/' || d.name as "deploymentName",
       r.work_pool_id as "workPoolId", p.name as "workPoolName", q.name as "workQueueName", r.kind,
       r.state_id as "stateId", r.state_type as "stateType", r.state_name as "stateName",
       r.state_at as "stateAt", r.state_message as "stateMessage",
       r.run_count as "runCount", r.epoch, y.parameters::text as parameters,
       y.job_variables::text as "jobVariables", y.tags, r.idempotency_key as "idempotencyKey",
       r.created_at as "createdAt", r.next_start_at as "nextStartAt",
       r.expected_start_at as "expectedStartAt", r.start_at as "startAt", r.end_at as "endAt",
       r.total_run_seconds as "totalRunSeconds", l.agent_name as "agentName",
       r.infrastructure_id as "infrastructureId", r.retries,
       r.retry_delay_seconds as "retryDelaySeconds",
       coalesce(l.ended_at is null
         and coalesce(greatest(a.last_seen_at, v.grace_from)
                      <= clock_timestamp() - make_interval(secs => a.heartbeat_seconds * $2), true)
         and l.flow_run_id is not null, false) as unreachable
  from unnest($1::uuid[]) with ordinality as wanted (id, place)
  join sluice.flow_run r on r.id = wanted.id
  join sluice.flow f on f.id = r.flow_id
  join sluice.flow_run_payload y on y.flow_run_id = r.id
 cross join sluice.liveness v
  left join sluice.deployment d on d.id = r.deployment_id
  left join sluice.work_pool p on p.id = r.work_pool_id
  left join sluice.work_queue q on q.id = r.work_queue_id
  left join sluice.lease l on l.flow_run_id = r.id and l.epoch = r.epoch
  left join sluice.agent a on a.id = l.agent_id
 order by wanted.place
