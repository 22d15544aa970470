-- The runs of a pool that are due within some seconds, in waterfall order, behind a given one. Each
-- queue gives at most a page, along its index of what may be claimed.
select c.id, c.name, f.name as "flowName", d.name as "deploymentName", q.name as "workQueueName",
       q.priority, p.is_paused or q.is_paused as "isHeldUp", c.state_id as "stateId",
       c.state_type as "stateType", c.state_name as "stateName", c.state_at as "stateAt",
       c.state_message as "stateMessage", c.next_start_at as "dueAt"
  from sluice.work_pool p
  join sluice.work_queue q on q.work_pool_id = p.id and q.priority >= coalesce($4::integer, 0)
 cross join lateral (
       select r.*
         from sluice.flow_run r
        where r.work_queue_id = q.id and r.state_type = 'SCHEDULED' and not r.leased
          and r.retry_type is distinct from 'in_process'
          and r.next_start_at <= clock_timestamp() + make_interval(secs => $2::float8)
          and (r.next_start_at, r.id)
              > (case when q.priority = $4 then to_timestamp($5::float8 / 1000)
                      else '-infinity' end,
                 case when q.priority = $4 then $6::uuid
                      else '00000000-0000-0000-0000-000000000000' end)
        order by r.next_start_at, r.id
        limit $3) c
  join sluice.flow f on f.id = c.flow_id
  left join sluice.deployment d on d.id = c.deployment_id
 where p.id = $1
 order by q.priority, c.next_start_at, c.id
 limit $3
