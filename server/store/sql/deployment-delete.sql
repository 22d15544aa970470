-- Deletes a deployment; no row if it is gone.
delete from sluice.deployment d
 where d.id = $1
returning d.id
