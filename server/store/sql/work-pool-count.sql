-- How many pools a filter finds; absent parts of it are null.
select count(*) as count
  from sluice.work_pool p
 where case when $4::boolean
            then p.id = any($1::uuid[]) or p.name = any($2::text[]) or p.type = any($3::text[])
            else ($1 is null or p.id = any($1)) and ($2 is null or p.name = any($2))
                 and ($3 is null or p.type = any($3))
       end
