select p.id, p.type, p.is_paused as "isPaused"
  from sluice.work_pool p
 where p.name = $1
