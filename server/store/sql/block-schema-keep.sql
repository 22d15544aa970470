-- A schema as documents need it, kept from being deleted until the transaction ends.
select s.id, s.block_type_id as "blockTypeId", t.slug as "typeSlug", s.fields::text as fields
  from sluice.block_schema s
  join sluice.block_type t on t.id = s.block_type_id
 where s.id = $1
   for key share of s
