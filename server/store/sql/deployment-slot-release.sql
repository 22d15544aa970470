-- Gives slots of deployments back; one that was taken back already is not there any more.
delete from sluice.concurrency_lease e
 where e.id = any($1::uuid[])
