-- Events that clients tell of, each once: one that is sent again has the same id and time.
insert into sluice.event (id, at, event, resource_kind, resource_id, payload, resource, related,
                          follows)
select e."id", e."at", e."event", e."resourceKind", e."resourceId", e."payload", e."resource",
       e."related", e."follows"
  from jsonb_to_recordset($1::jsonb) as e (
    "id" uuid, "at" timestamptz, "event" text, "resourceKind" text, "resourceId" uuid,
    "payload" jsonb, "resource" jsonb, "related" jsonb, "follows" uuid)
on conflict do nothing
