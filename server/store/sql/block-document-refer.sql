-- The documents that are fields of a document: those that exist, kept from being deleted.
insert into sluice.block_document_reference (block_document_id, field, referenced_id)
select $1, w.field, d.id
  from unnest($2::text[], $3::uuid[]) as w (field, id)
  join sluice.block_document d on d.id = w.id
   for key share of d
returning field
