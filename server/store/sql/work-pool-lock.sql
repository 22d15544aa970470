-- The pool, so that until it is deleted no agent joins it and no queue or run is added. With what
-- its last event tells.
select p.id, p.name, p.type, p.default_queue_id as "defaultQueueId",
       (select q.name from sluice.work_queue q where q.id = p.default_queue_id)
         as "defaultQueueName",
       p.storage_configuration as "storageConfiguration"
  from sluice.work_pool p
 where p.name = $1
   for update of p
