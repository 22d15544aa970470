-- A document that is about to be changed.
select d.block_schema_id as "blockSchemaId", d.block_type_id as "blockTypeId", d.name
  from sluice.block_document d
 where d.id = $1
   for no key update
