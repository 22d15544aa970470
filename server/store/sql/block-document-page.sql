-- Ids of the documents that a filter finds, in order; absent parts of it are null.
select d.id
  from sluice.block_document d
  join sluice.block_type t on t.id = d.block_type_id
  join sluice.block_schema s on s.id = d.block_schema_id
 where case when $6::boolean
            then d.id = any($1::uuid[]) or d.block_type_id = any($2::uuid[])
                 or d.name = any($3::text[]) or d.name ilike $4::text
                 or d.is_anonymous = $5::boolean
            else ($1 is null or d.id = any($1)) and ($2 is null or d.block_type_id = any($2))
                 and ($3 is null or d.name = any($3)) and ($4 is null or d.name ilike $4)
                 and ($5 is null or d.is_anonymous = $5)
       end
   and ($7::text[] is null or t.slug = any($7)) and ($8::text is null or t.name ilike $8)
   and case when $13::boolean
            then s.id = any($9::uuid[]) or s.block_type_id = any($10::uuid[])
                 or s.capabilities @> $11::text[] or s.version = any($12::text[])
            else ($9 is null or s.id = any($9)) and ($10 is null or s.block_type_id = any($10))
                 and ($11 is null or s.capabilities @> $11)
                 and ($12 is null or s.version = any($12))
       end
 order by case when $14::text = 'BLOCK_TYPE_AND_NAME_ASC' then t.name end,
          case when $14 = 'NAME_DESC' then d.name end desc,
          d.name, d.id
 limit $15 offset $16
