-- Prefect's workers, and what their engines say of runs, flows, lines and events.

-- A worker that polls over REST. It holds no session and no lease; agents are in sluice.agent.
create table sluice.worker (
  id uuid primary key,
  work_pool_id uuid not null references sluice.work_pool on delete cascade,
  name text not null,
  -- Null: it never said how often it beats.
  heartbeat_seconds double precision check (heartbeat_seconds > 0),
  last_heartbeat_at timestamptz not null default clock_timestamp(),
  -- As clients see it: a beat makes it ONLINE, the sweep makes it OFFLINE.
  status text not null default 'ONLINE' check (status in ('ONLINE', 'OFFLINE')),
  -- What it said of itself on its channel; null if it has none.
  type text,
  metadata jsonb,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  unique (work_pool_id, name)
) with (fillfactor = 60);
create index worker_online on sluice.worker (work_pool_id) where status = 'ONLINE';

alter table sluice.work_queue add column if not exists last_polled_at timestamptz;

alter table sluice.flow
  add column tags text[] not null default '{}',
  add column labels jsonb not null default '{}',
  add column updated_at timestamptz not null default clock_timestamp();

-- The task run that stands for a subflow in its parent.
alter table sluice.flow_run add column parent_task_run_id uuid;
create index flow_run_by_parent on sluice.flow_run (parent_task_run_id)
  where parent_task_run_id is not null;
-- Lists of runs by when they were or are to start.
create index flow_run_by_expected_start on sluice.flow_run (expected_start_at);

alter table sluice.flow_run_payload
  add column labels jsonb not null default '{}',
  add column context json not null default '{}',
  add column flow_version text;

-- Lines that clients send have epoch 0 and are counted; they are listed by their own times.
alter table sluice.log
  add column name text,
  add column task_run_id uuid;
create index log_of_clients on sluice.log (flow_run_id, at, line_offset) where epoch = 0;

-- What clients tell of resources that are not ours has no id of ours. What an event says of its
-- resource and of others is kept as it was said.
alter table sluice.event alter column resource_id drop not null;
alter table sluice.event
  add column if not exists resource jsonb not null default '{}',
  add column if not exists related jsonb not null default '[]',
  add column if not exists follows uuid;

-- Runs that are being cancelled and that no agent holds: somebody else must say that they stopped.
create index flow_run_cancelling on sluice.flow_run (state_at)
  where state_type = 'CANCELLING' and not leased;
