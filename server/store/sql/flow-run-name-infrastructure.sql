update sluice.flow_run r
   set infrastructure_id = n.infrastructure_id
  from unnest($1::uuid[], $2::text[]) as n (id, infrastructure_id)
 where r.id = n.id
