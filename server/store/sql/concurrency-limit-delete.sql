-- Deletes a limit; no row if it is gone.
delete from sluice.concurrency_limit c
 where c.id = $1
returning c.id
