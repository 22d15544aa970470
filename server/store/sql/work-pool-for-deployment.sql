-- The pool a deployment is put into, kept from being deleted meanwhile.
select p.id, p.default_queue_id as "defaultQueueId", p.base_job_template as "baseJobTemplate"
  from sluice.work_pool p
 where p.name = $1
   for key share
