-- Deployments and runs that are still in it stay, in no queue.
delete from sluice.work_queue q where q.id = $1 returning q.name
