-- A pool's status is stored with each change of it, as the event that tells of the change says it;
-- and what runs of the pool keep their code and results in.
alter table sluice.work_pool
  add column status text not null default 'NOT_READY'
    constraint work_pool_status_check check (status in ('READY', 'NOT_READY', 'PAUSED')),
  add column last_transitioned_status_at timestamptz,
  add column last_status_event_id uuid,
  add column storage_configuration json not null default '{}',
  -- As it was given: the order of its keys is the order in which people are shown them.
  alter column base_job_template drop default,
  alter column base_job_template type json using base_job_template::json,
  alter column base_job_template set default '{}';
update sluice.work_pool set status = 'PAUSED' where is_paused;

-- What an event says of its resource and of others is kept as it was when it happened: later the
-- resource may have another name, or be gone.
alter table sluice.event
  add column resource jsonb not null default '{}',
  add column related jsonb not null default '[]',
  add column follows uuid;
