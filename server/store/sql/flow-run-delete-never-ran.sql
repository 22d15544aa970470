-- Deletes the runs of a deployment that wait and never ran; those in someone's hands stay.
delete from sluice.flow_run r
 where r.id = any(array(
         select w.id
           from sluice.flow_run w
          where w.deployment_id = $1 and w.state_type = 'SCHEDULED' and w.run_count = 0
            and not w.leased
          order by w.id
            for update))
   and r.state_type = 'SCHEDULED' and r.run_count = 0 and not r.leased
returning r.id
