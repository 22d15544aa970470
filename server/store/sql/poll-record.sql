-- These queues were polled just now; those of which that is known are left alone. Locked in one
-- order; one that somebody changes is left for the next poll.
update sluice.work_queue q
   set last_polled_at = clock_timestamp()
 where q.id = any(array(
         select w.id
           from sluice.work_queue w
          where w.id = any($1::uuid[])
            and coalesce(w.last_polled_at, '-infinity')
                < clock_timestamp() - interval '1 second'
          order by w.id
            for no key update skip locked))
