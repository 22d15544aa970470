select r.id, r.flow_id as "flowId", r.idempotency_key as "idempotencyKey"
  from unnest($1::uuid[], $2::text[]) as k (flow_id, idempotency_key)
  join sluice.flow_run r on r.flow_id = k.flow_id and r.idempotency_key = k.idempotency_key
