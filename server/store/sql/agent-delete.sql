-- Forgets the agents of a pool with that name that are offline and hold nothing; says of each whether
-- it is gone, and if not, why. Silence counts as in work-pool-read.sql. Run under the pool's lock, so
-- that none is being given a lease.
with found as materialized (
  select a.id,
         a.is_connected
           and greatest(a.last_seen_at, v.grace_from)
               > clock_timestamp() - make_interval(secs => a.heartbeat_seconds * $3) as online,
         (select count(*) from sluice.lease l
           where l.agent_id = a.id and l.ended_at is null) as held
    from sluice.agent a
   cross join sluice.liveness v
   where a.work_pool_id = $1 and a.name = $2
), gone as (
  delete from sluice.agent a
   using found f
   where a.id = f.id and not f.online and f.held = 0
  returning a.id
)
select f.online, f.held, g.id is not null as gone
  from found f
  left join gone g on g.id = f.id
