-- What all leases of a pool come with. Read once for a claim, not with each run.
select p.base_job_template::text as "baseJobTemplate", p.lost_policy as "lostPolicy",
       p.lost_after_seconds as "lostAfterSeconds"
  from sluice.work_pool p
 where p.id = $1
