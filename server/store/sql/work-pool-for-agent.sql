select p.id, p.type, p.is_paused as "isPaused", p.status, clock_timestamp() as now
  from sluice.work_pool p
 where p.name = $1
   for key share
