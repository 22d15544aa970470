insert into sluice.work_queue (id, work_pool_id, name, priority) values ($1, $2, $3, $4)
