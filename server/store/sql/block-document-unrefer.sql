-- No document is a field of this one any more.
delete from sluice.block_document_reference r
 where r.block_document_id = $1
