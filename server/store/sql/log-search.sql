-- Lines of some runs by their times, the earliest first: those that clients sent, and those of attempts, each
-- read in its own order and no more of it than the page needs.
select md5(g.flow_run_id || ':' || g.epoch || ':' || g.line_offset)::uuid as id,
       g.flow_run_id as "flowRunId", g.task_run_id as "taskRunId", g.at, g.stored_at as "storedAt",
       g.level, g.message, g.name
  from unnest($1::uuid[]) as wanted (id)
  join sluice.flow_run r on r.id = wanted.id
 cross join lateral (
       (select g.*
          from sluice.log g
         where g.flow_run_id = r.id and g.epoch = 0
           and g.stored_at >= r.created_at - interval '1 day'
           and g.level between coalesce($2, 0) and coalesce($3, 32767)
           and g.at between coalesce($4::timestamptz, '-infinity')
                        and coalesce($5::timestamptz, 'infinity')
           and ($6::uuid[] is null or g.task_run_id = any($6))
           and ($7::boolean is null or (g.task_run_id is null) = $7)
           and ($8::text is null or g.message ilike $8)
         order by g.at, g.line_offset
         limit $9::bigint + $10::bigint)
        union all
       select a.*
         from sluice.lease l
        cross join lateral (
              select g.*
                from sluice.log g
               where g.flow_run_id = r.id and g.epoch = l.epoch
                 and g.stored_at >= r.created_at - interval '1 day'
                 and g.level between coalesce($2, 0) and coalesce($3, 32767)
                 and g.at between coalesce($4::timestamptz, '-infinity')
                              and coalesce($5::timestamptz, 'infinity')
                 and $6::uuid[] is null and $7::boolean is distinct from false
                 and ($8::text is null or g.message ilike $8)
               order by g.line_offset
               limit $9::bigint + $10::bigint) a
        where l.flow_run_id = r.id) g
 order by g.at, g.flow_run_id, g.epoch, g.line_offset
 limit $9 offset $10
