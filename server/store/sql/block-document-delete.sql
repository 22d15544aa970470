-- Deletes a document; where it is a field of others, the field goes.
delete from sluice.block_document d
 where d.id = $1
returning d.name
