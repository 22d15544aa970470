-- These queues, and those that these agents serve, were asked for runs just now; where that was
-- stored a moment ago it is left alone, as is what somebody changes: the next poll will do. Answers
-- those that are NOT_READY, whose new status is to be told in a transaction.
with scope as materialized (
  select distinct a.work_pool_id, a.work_queue_ids
    from sluice.agent a
   where a.id = any($2::uuid[])
), polled as materialized (
  select unnest($1::uuid[]) as id
   union
  select q.id
    from scope s
    join sluice.work_queue q on q.work_pool_id = s.work_pool_id
   where s.work_queue_ids is null or q.id = any(s.work_queue_ids)
), due as materialized (
  select q.id, q.status
    from sluice.work_queue q
   where q.id = any(array(select polled.id from polled))
     and (q.status = 'NOT_READY' or q.last_polled_at is null
          or q.last_polled_at < clock_timestamp() - make_interval(secs => $3::float8))
   order by q.id
     for no key update skip locked
), stamped as (
  update sluice.work_queue q
     set last_polled_at = clock_timestamp()
    from due
   where q.id = due.id and due.status <> 'NOT_READY'
)
select due.id from due where due.status = 'NOT_READY'
