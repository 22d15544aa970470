update sluice.liveness
   set beat_at = clock_timestamp(),
       grace_from = case
         when beat_at < clock_timestamp() - make_interval(secs => $1::float8) then clock_timestamp()
         else grace_from end
