-- Deletes a type with its schemas and documents, unless it is protected.
delete from sluice.block_type t
 where t.id = $1 and not t.is_protected
returning t.slug
