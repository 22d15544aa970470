delete from sluice.worker w
 where w.work_pool_id = $1 and w.name = $2
returning w.id
