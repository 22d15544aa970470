-- The attempts of a run, the oldest first.
select l.epoch, l.attempt, l.agent_id as "agentId", l.agent_name as "agentName",
       l.submitted_at as "submittedAt", l.eligible_at as "eligibleAt", l.granted_at as "grantedAt",
       l.sent_after_us as "sentAfterUs",
       l.accepted_at as "acceptedAt", l.start_granted_at as "startGrantedAt",
       l.ended_at as "endedAt", l.end_reason as "endReason", l.revoking,
       l.revoked_at as "revokedAt", l.started_after_us as "startedAfterUs",
       l.first_output_after_us as "firstOutputAfterUs", l.exited_after_us as "exitedAfterUs",
       l.reported_at as "reportedAt", l.exit_code as "exitCode", l.output_bytes as "outputBytes"
  from sluice.lease l
 where l.flow_run_id = $1
 order by l.epoch
