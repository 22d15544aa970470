-- What the creation of a run without a deployment must know: its flow, the pool and queue it names,
-- and the clock. The default queue if it names a pool only.
select f.id as "flowId", p.id as "workPoolId", q.id as "workQueueId",
       coalesce(p.base_job_template, '{}') as "baseJobTemplate", clock_timestamp() as now
  from (select $1::uuid as flow_id, $2::text as pool, $3::text as queue) w
  left join sluice.flow f on f.id = w.flow_id
  left join sluice.work_pool p on p.name = w.pool
  left join sluice.work_queue q
    on q.work_pool_id = p.id
   and case when w.queue is null then q.id = p.default_queue_id else q.name = w.queue end
