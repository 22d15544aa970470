-- Prolongs a lease from now; no row if there is none or it has expired.
update sluice.concurrency_lease e
   set expires_at = clock_timestamp() + make_interval(secs => $2::float8)
 where e.id = $1 and e.expires_at > clock_timestamp()
returning e.id
