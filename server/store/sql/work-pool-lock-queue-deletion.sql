-- The pool, so that until a queue of it is deleted nothing else is put into any of its queues.
select p.id, p.name, p.type, p.default_queue_id as "defaultQueueId"
  from sluice.work_pool p
 where p.id = $1
   for update
