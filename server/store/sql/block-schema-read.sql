-- Schemas, the newest first, each with its type. Parts of the filter that are absent are null.
select s.id, s.checksum, s.fields::text as fields, s.capabilities, s.version,
       s.created_at as "createdAt", s.updated_at as "updatedAt",
       t.id as "typeId", t.slug as "typeSlug", t.name as "typeName", t.logo_url as "typeLogoUrl",
       t.documentation_url as "typeDocumentationUrl", t.description as "typeDescription",
       t.code_example as "typeCodeExample", t.is_protected as "typeIsProtected",
       t.created_at as "typeCreatedAt", t.updated_at as "typeUpdatedAt"
  from sluice.block_schema s
  join sluice.block_type t on t.id = s.block_type_id
 where case when $6::boolean
            then s.id = any($1::uuid[]) or s.block_type_id = any($2::uuid[])
                 or s.capabilities @> $3::text[] or s.version = any($4::text[])
                 or s.checksum = $5::text
            else ($1 is null or s.id = any($1)) and ($2 is null or s.block_type_id = any($2))
                 and ($3 is null or s.capabilities @> $3)
                 and ($4 is null or s.version = any($4)) and ($5 is null or s.checksum = $5)
       end
 order by s.created_at desc, s.id desc
 limit $7 offset $8
