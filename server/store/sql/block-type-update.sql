-- Changes what is given. Each value is preceded by whether it is.
update sluice.block_type t
   set logo_url = case when $2::boolean then $3 else t.logo_url end,
       documentation_url = case when $4::boolean then $5 else t.documentation_url end,
       description = case when $6::boolean then $7 else t.description end,
       code_example = case when $8::boolean then $9 else t.code_example end,
       updated_at = clock_timestamp()
 where t.id = $1
returning t.slug
