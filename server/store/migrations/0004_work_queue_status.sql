-- Whether a queue's runs are asked for is stored, as the event that tells of it says it; and when
-- they were last asked for.
alter table sluice.work_queue
  add column status text not null default 'NOT_READY'
    constraint work_queue_status_check check (status in ('READY', 'NOT_READY', 'PAUSED')),
  add column last_polled_at timestamptz,
  -- Polls are stored every few seconds: room for them beside the row.
  set (fillfactor = 60);
update sluice.work_queue set status = 'PAUSED' where is_paused;
-- Which queues may have gone silent; not touched by a poll.
create index work_queue_ready on sluice.work_queue (id) where status = 'READY';
