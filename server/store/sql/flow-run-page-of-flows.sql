-- A page of the runs of some flows, the newest first: a page of each, of which the newest. The range
-- and the order name the flow, so that only its index fits: read along the primary key, a flow that
-- has not run lately would be sought among all runs.
select r.id
  from sluice.flow f
 cross join lateral (
       select r.id
         from sluice.flow_run r
        where r.flow_id >= f.id
          and (r.flow_id, r.id)
              < (f.id, coalesce($1, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
          and r.id >= coalesce($7, '00000000-0000-0000-0000-000000000000'::uuid)
          and r.id <= coalesce($8, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)
          and ($9::text[] is null or r.name = any($9))
          and ($2::text[] is null or r.state_type = any($2))
          and ($3::text[] is null or r.state_name = any($3))
          and ($4::text is null or r.work_pool_id = (select p.id from sluice.work_pool p where p.name = $4))
          and ($5::text[] is null or exists (
                select from sluice.flow_run_payload y where y.flow_run_id = r.id and y.tags @> $5))
        order by r.flow_id desc, r.id desc
        limit $6) r
 where f.name = any($10::text[])
 order by r.id desc
 limit $6
