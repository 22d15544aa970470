-- Variables that a filter finds, in order; absent parts of it are null.
select v.id, v.name, v.value::text as value, v.tags, v.created_at as "createdAt",
       v.updated_at as "updatedAt"
  from sluice.variable v
 where case when $7::boolean
            then v.id = any($1::uuid[]) or v.name = any($2::text[]) or v.name ilike $3::text
                 or case when $6::boolean
                         then v.tags @> $4::text[] or (v.tags = '{}') = $5::boolean
                         else ($4 is not null or $5 is not null)
                              and ($4 is null or v.tags @> $4)
                              and ($5 is null or (v.tags = '{}') = $5)
                    end
            else ($1 is null or v.id = any($1)) and ($2 is null or v.name = any($2))
                 and ($3 is null or v.name ilike $3)
                 and case when $6
                          then v.tags @> $4 or (v.tags = '{}') = $5
                          else ($4 is null or v.tags @> $4)
                               and ($5 is null or (v.tags = '{}') = $5)
                     end
       end
 order by case when $8::text = 'CREATED_DESC' then v.created_at
               when $8 = 'UPDATED_DESC' then v.updated_at end desc,
          case when $8 = 'NAME_DESC' then v.name end desc,
          v.name
 limit $9 offset $10
