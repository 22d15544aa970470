-- Types by name. Parts of the filter that are absent are null; the last part looks at their schemas.
select t.id, t.slug, t.name, t.logo_url as "logoUrl", t.documentation_url as "documentationUrl",
       t.description, t.code_example as "codeExample", t.is_protected as "isProtected",
       t.created_at as "createdAt", t.updated_at as "updatedAt"
  from sluice.block_type t
 where ($1::uuid[] is null or t.id = any($1))
   and ($2::text[] is null or t.slug = any($2))
   and ($3::text is null or t.name ilike $3)
   and (not $4::boolean or exists (
       select from sluice.block_schema s
        where s.block_type_id = t.id
          and case when $9::boolean
                   then s.id = any($5::uuid[]) or s.block_type_id = any($6::uuid[])
                        or s.capabilities @> $7::text[] or s.version = any($8::text[])
                   else ($5 is null or s.id = any($5))
                        and ($6 is null or s.block_type_id = any($6))
                        and ($7 is null or s.capabilities @> $7)
                        and ($8 is null or s.version = any($8))
              end))
 order by t.name, t.id
 limit $10 offset $11
