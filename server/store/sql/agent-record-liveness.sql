-- One statement for all agents of a replica. An agent that has said hello elsewhere has another
-- session by now and is not touched.
update sluice.agent a
   set last_seen_at = clock_timestamp(), is_connected = true
  from unnest($1::uuid[], $2::bigint[]) as seen (id, session)
 where a.id = seen.id and a.session = seen.session
returning a.id as "agentId"
