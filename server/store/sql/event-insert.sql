-- Events into the outbox, in their order.
insert into sluice.event (id, at, event, resource_kind, resource_id, payload)
select e.id, clock_timestamp(), e.event, e.kind, e.resource_id, e.payload::jsonb
  from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[])
    as e (id, event, kind, resource_id, payload)
