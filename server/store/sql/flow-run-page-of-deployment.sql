-- A page of the runs of one deployment, the newest first. Range and order as in
-- flow-run-page-of-flows.sql.
select r.id
  from sluice.flow_run r
 where r.deployment_id >= $10
   and (r.deployment_id, r.id)
       < ($10, coalesce($1, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
   and r.id >= coalesce($7, '00000000-0000-0000-0000-000000000000'::uuid)
   and r.id <= coalesce($8, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
   and ($9::text[] is null or r.name = any($9))
   and ($2::text[] is null or r.state_type = any($2))
   and ($3::text[] is null or r.state_name = any($3))
   and ($4::text is null or r.work_pool_id = (select p.id from sluice.work_pool p where p.name = $4))
   and ($5::text[] is null or exists (
         select from sluice.flow_run_payload y where y.flow_run_id = r.id and y.tags @> $5))
   and ($11::text[] is null or r.flow_id = any(array(
         select f.id from sluice.flow f where f.name = any($11))))
 order by r.deployment_id desc, r.id desc
 limit $6
