-- Takes away all slots of a locked limit that leases hold, and the leases that have no end: nobody
-- would ever give them back.
with gone as (
  delete from sluice.concurrency_lease e
   where e.expires_at = 'infinity'
     and e.id = any(array(select s.lease_id
                            from sluice.concurrency_lease_slot s
                           where s.limit_id = $1))
)
delete from sluice.concurrency_lease_slot s
 where s.limit_id = $1
