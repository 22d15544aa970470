-- Changes what is given of a pool whose lock is held, and says what thereby became different, from
-- what to what. Each value is preceded by whether it is given.
update sluice.work_pool p
   set description = case when $2::boolean then $3 else old.description end,
       is_paused = case when $4::boolean then $5 else old.is_paused end,
       concurrency_limit = case when $6::boolean then $7 else old.concurrency_limit end,
       base_job_template = case when $8::boolean then $9::json else old.base_job_template end,
       storage_configuration = case when $10::boolean then $11::json
                                    else old.storage_configuration end,
       ageing_seconds = case when $12::boolean then $13 else old.ageing_seconds end,
       updated_at = clock_timestamp()
  from sluice.work_pool old
 where p.id = $1 and old.id = p.id
returning (select coalesce(jsonb_object_agg(c.field, jsonb_build_object('from', c.before, 'to', c.after)),
                           '{}')
             from (values ('description', to_jsonb(old.description), to_jsonb(p.description)),
                          ('base_job_template', to_jsonb(old.base_job_template),
                           to_jsonb(p.base_job_template)),
                          ('concurrency_limit', to_jsonb(old.concurrency_limit),
                           to_jsonb(p.concurrency_limit)),
                          ('ageing_seconds', to_jsonb(old.ageing_seconds),
                           to_jsonb(p.ageing_seconds)),
                          ('storage_configuration', to_jsonb(old.storage_configuration),
                           to_jsonb(p.storage_configuration))) as c (field, before, after)
            where c.before is distinct from c.after) as updates
