-- Adds the schemas that are not there yet, to types that are named by their slugs.
insert into sluice.block_schema (id, block_type_id, checksum, fields, capabilities, version)
select w.id, t.id, w.checksum, w.fields::json, string_to_array(w.capabilities, ','), $6
  from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[])
       as w (id, slug, checksum, fields, capabilities)
  join sluice.block_type t on t.slug = w.slug
    on conflict (block_type_id, checksum, version) do nothing
