-- Events into the outbox, in their order.
insert into sluice.event (id, at, event, resource_kind, resource_id, payload, resource, related,
                          follows)
select e.id, clock_timestamp(), e.event, e.kind, e.resource_id, e.payload::jsonb,
       e.resource::jsonb, e.related::jsonb, e.follows
  from unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[],
              $8::uuid[])
    as e (id, event, kind, resource_id, payload, resource, related, follows)
