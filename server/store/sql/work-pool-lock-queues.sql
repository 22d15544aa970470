-- Whoever adds or changes a queue of the pool holds this lock, so that no two choose one priority.
select p.id, p.name, p.type, p.default_queue_id as "defaultQueueId"
  from sluice.work_pool p
 where p.id = $1
   for no key update
