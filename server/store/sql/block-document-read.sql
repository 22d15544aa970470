-- Documents and those that they refer to, by whatever way.
with recursive reached as (
  select d.id
    from unnest($1::uuid[]) as d (id)
   union
  select r.referenced_id
    from reached
    join sluice.block_document_reference r on r.block_document_id = reached.id
)
select d.id, d.name, d.is_anonymous as "isAnonymous", d.data, d.secrets,
       d.block_schema_id as "blockSchemaId", d.created_at as "createdAt",
       d.updated_at as "updatedAt",
       coalesce((select json_object_agg(r.field, r.referenced_id order by r.field)
                   from sluice.block_document_reference r
                  where r.block_document_id = d.id), '{}') as "references"
  from reached
  join sluice.block_document d on d.id = reached.id
