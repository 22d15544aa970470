select pg_try_advisory_xact_lock(730517, 0) as locked
