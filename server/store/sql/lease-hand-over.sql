-- The slots that leases hold of a queue are from now on another's.
update sluice.lease l
   set work_queue_id = $2
 where l.work_queue_id = $1 and l.ended_at is null
