update sluice.flow_run_payload y
   set labels = y.labels || $2::jsonb
 where y.flow_run_id = $1
