-- New content of a document that is locked.
update sluice.block_document d
   set block_schema_id = $2, data = $3::jsonb, secrets = $4::jsonb, updated_at = clock_timestamp()
 where d.id = $1
