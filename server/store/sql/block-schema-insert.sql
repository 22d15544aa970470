-- A new schema; no row if the type has one with that checksum and version, or if there is no such
-- type any more.
insert into sluice.block_schema (id, block_type_id, checksum, fields, capabilities, version)
select $1, t.id, $3, $4::json, $5::text[], $6
  from sluice.block_type t
 where t.id = $2
   for key share
    on conflict (block_type_id, checksum, version) do nothing
returning id
