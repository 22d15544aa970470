-- Orders the end of what agents of a pool still hold; answers whom to tell.
with revoked as (
  update sluice.lease l
     set revoking = coalesce(l.revoking, 'revoked'),
         revoked_at = coalesce(l.revoked_at, clock_timestamp())
   where l.work_pool_id = $1 and l.ended_at is null
  returning l.agent_id
)
select distinct r.agent_id as "agentId"
  from revoked r
