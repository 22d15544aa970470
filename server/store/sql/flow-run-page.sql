-- A page of runs, the newest first, read along the primary key.
select r.id
  from sluice.flow_run r
 where r.id < coalesce($1, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
   and r.id >= coalesce($7, '00000000-0000-0000-0000-000000000000'::uuid)
   and r.id <= coalesce($8, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
   and ($9::text[] is null or r.name = any($9))
   and ($2::text[] is null or r.state_type = any($2))
   and ($3::text[] is null or r.state_name = any($3))
   and ($4::text is null or r.work_pool_id = (select p.id from sluice.work_pool p where p.name = $4))
   and ($5::text[] is null or exists (
         select from sluice.flow_run_payload y where y.flow_run_id = r.id and y.tags @> $5))
 order by r.id desc
 limit $6
