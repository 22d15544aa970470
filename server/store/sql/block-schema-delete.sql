-- Deletes a schema with its documents, unless its type is protected.
delete from sluice.block_schema s
 where s.id = $1
   and exists (select from sluice.block_type t where t.id = s.block_type_id and not t.is_protected)
returning s.checksum
