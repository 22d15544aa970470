-- A new document; no row if its type has one of that name.
insert into sluice.block_document
  (id, block_type_id, block_schema_id, name, is_anonymous, data, secrets)
values ($1, $2, $3, $4, $5, $6::jsonb, $7::jsonb)
    on conflict (block_type_id, name) do nothing
returning id
