-- Changes what is given, and says what thereby became different. Each value is preceded by whether
-- it is given.
with old as materialized (
  select *
    from sluice.work_pool p
   where p.name = $1
     for no key update
)
update sluice.work_pool p
   set description = case when $2::boolean then $3 else old.description end,
       is_paused = case when $4::boolean then $5 else old.is_paused end,
       concurrency_limit = case when $6::boolean then $7 else old.concurrency_limit end,
       base_job_template = case when $8::boolean then $9::jsonb else old.base_job_template end,
       updated_at = clock_timestamp()
  from old
 where p.id = old.id
returning p.id,
          p.description is distinct from old.description as "descriptionChanged",
          p.concurrency_limit is distinct from old.concurrency_limit as "limitChanged",
          p.base_job_template is distinct from old.base_job_template as "templateChanged"
