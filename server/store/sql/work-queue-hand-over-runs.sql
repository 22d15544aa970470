-- Runs that hold a slot of a queue go over to another one, so that their slots stay counted. Locked
-- in the order in which every transition locks; under the pool's claim lock none comes to it.
with held as (
  select l.flow_run_id as id
    from sluice.lease l
   where l.work_queue_id = $1 and l.ended_at is null
   union
  select r.id
    from sluice.flow_run r
   where r.work_queue_id = $1 and r.state_type in ('PENDING', 'RUNNING', 'CANCELLING')
), locked as materialized (
  select r.id
    from sluice.flow_run r
   where r.id = any(array(select held.id from held)) and r.work_queue_id = $1
   order by r.id
     for no key update
)
update sluice.flow_run r
   set work_queue_id = $2
  from locked
 where r.id = locked.id
