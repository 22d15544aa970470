-- Everything Sluice keeps, in a schema of its own. The runner sets no search path: names are full.

create table sluice.flow (
  id uuid primary key,
  name text not null unique,
  created_at timestamptz not null default clock_timestamp()
);

create table sluice.work_pool (
  id uuid primary key,
  name text not null unique,
  type text not null,
  description text,
  base_job_template jsonb not null default '{}',
  is_paused boolean not null default false,
  concurrency_limit integer check (concurrency_limit >= 0),
  default_queue_id uuid,
  lost_policy text not null default 'crash' check (lost_policy in ('crash', 'keep')),
  lost_after_seconds integer not null default 60 check (lost_after_seconds > 0),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);

create table sluice.work_queue (
  id uuid primary key,
  work_pool_id uuid not null references sluice.work_pool on delete cascade,
  name text not null,
  description text not null default '',
  priority integer not null check (priority >= 1),
  concurrency_limit integer check (concurrency_limit >= 0),
  is_paused boolean not null default false,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  unique (work_pool_id, name)
);
create index work_queue_by_priority on sluice.work_queue (work_pool_id, priority);

alter table sluice.work_pool
  add foreign key (default_queue_id) references sluice.work_queue
  on delete restrict deferrable initially deferred;

create table sluice.agent (
  id uuid primary key,
  work_pool_id uuid not null references sluice.work_pool on delete cascade,
  name text not null,
  type text not null,
  -- Raised by each hello; a statement on behalf of an older session finds no row.
  session bigint not null,
  slot_limit integer check (slot_limit >= 0),
  -- Null: all queues of the pool.
  work_queue_ids uuid[],
  prefetch_seconds double precision not null default 0,
  heartbeat_seconds double precision not null,
  version text not null,
  hostname text not null,
  -- False after a goodbye; whether a connected agent is online follows from last_seen_at.
  is_connected boolean not null default true,
  last_seen_at timestamptz not null default clock_timestamp(),
  created_at timestamptz not null default clock_timestamp()
) with (fillfactor = 60);
create index agent_by_pool on sluice.agent (work_pool_id);

create table sluice.deployment (
  id uuid primary key,
  flow_id uuid not null references sluice.flow on delete cascade,
  name text not null,
  description text,
  version text,
  entrypoint text,
  -- json, not jsonb: parameters are handed to user code as they were given.
  parameters json not null default '{}',
  parameter_schema jsonb not null default '{}',
  enforce_parameter_schema boolean not null default true,
  job_variables jsonb not null default '{}',
  pull_steps jsonb,
  tags text[] not null default '{}',
  work_queue_id uuid references sluice.work_queue on delete set null,
  retries integer not null default 0 check (retries >= 0),
  retry_delay_seconds double precision not null default 0 check (retry_delay_seconds >= 0),
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  unique (flow_id, name)
);
create index deployment_by_queue on sluice.deployment (work_queue_id);

-- The only queue. Narrow, because each state change writes the row anew; what never changes is in
-- flow_run_payload.
create table sluice.flow_run (
  id uuid primary key,
  name text not null,
  flow_id uuid not null references sluice.flow on delete cascade,
  -- No foreign key: a run keeps the id of a deployment that is gone.
  deployment_id uuid,
  work_pool_id uuid references sluice.work_pool on delete set null,
  work_queue_id uuid references sluice.work_queue on delete set null,
  kind text not null check (kind in ('command', 'engine')),
  state_id uuid not null,
  state_type text not null check (state_type in ('SCHEDULED', 'PENDING', 'RUNNING', 'PAUSED',
    'CANCELLING', 'COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED')),
  state_name text not null,
  state_at timestamptz not null,
  state_message text,
  -- What the rules must remember about the current state: scheduled_time, pause_key, transition_id …
  state_details jsonb,
  -- The fence: grows by one for every grant and never falls.
  epoch bigint not null default 0,
  -- Whether the lease of this epoch has not ended. Written with the lease, in one transaction.
  leased boolean not null default false,
  run_count integer not null default 0,
  retries integer not null default 0,
  retry_delay_seconds double precision not null default 0,
  retry_type text check (retry_type in ('in_process', 'reschedule')),
  next_start_at timestamptz,
  expected_start_at timestamptz,
  start_at timestamptz,
  end_at timestamptz,
  total_run_seconds double precision not null default 0,
  -- What the rules remember across states: pause keys, resuming. Null while there is nothing.
  policy jsonb,
  infrastructure_id text,
  idempotency_key text,
  created_at timestamptz not null default clock_timestamp()
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0,
        autovacuum_analyze_scale_factor = 0.05);
create unique index flow_run_idempotency on sluice.flow_run (flow_id, idempotency_key)
  where idempotency_key is not null;
-- What a claim reads: the runs of a queue that may be granted, the earliest first.
create index flow_run_ready on sluice.flow_run (work_queue_id, next_start_at, id)
  where state_type = 'SCHEDULED' and not leased and retry_type is distinct from 'in_process';
-- What the marking of late runs reads.
create index flow_run_not_late on sluice.flow_run (next_start_at)
  where state_type = 'SCHEDULED' and state_name = 'Scheduled';
-- Runs that hold a slot without a lease of ours: those of a Prefect worker.
create index flow_run_unleased on sluice.flow_run (work_queue_id)
  where state_type in ('PENDING', 'RUNNING') and not leased;
-- All that an agent or worker has in hand.
create index flow_run_active on sluice.flow_run (work_queue_id)
  where state_type in ('PENDING', 'RUNNING', 'CANCELLING');
create index flow_run_by_deployment on sluice.flow_run (deployment_id, id);
create index flow_run_by_flow on sluice.flow_run (flow_id, id);

create table sluice.flow_run_payload (
  flow_run_id uuid primary key references sluice.flow_run on delete cascade,
  parameters json not null,
  job_variables jsonb not null default '{}',
  tags text[] not null default '{}'
);

-- One row per grant, kept as the record of the attempt.
create table sluice.lease (
  flow_run_id uuid not null references sluice.flow_run on delete cascade,
  epoch bigint not null,
  attempt integer not null,
  work_pool_id uuid not null,
  work_queue_id uuid not null,
  agent_id uuid not null,
  -- For people, and still there when the agent's row is gone.
  agent_name text not null,
  -- When the run was created or last became claimable, and when it was due.
  submitted_at timestamptz not null,
  eligible_at timestamptz not null,
  granted_at timestamptz not null,
  -- Microseconds from the grant until the transport was handed the lease.
  sent_after_us bigint,
  accepted_at timestamptz,
  start_granted_at timestamptz,
  ended_at timestamptz,
  end_reason text,
  -- Set when the attempt must stop; the slot is held until it has.
  revoking text check (revoking in ('cancelled', 'revoked')),
  revoked_at timestamptz,
  -- Microseconds since start_granted_at on the agent's clock, and when its report was stored.
  started_after_us bigint,
  first_output_after_us bigint,
  exited_after_us bigint,
  reported_at timestamptz,
  exit_code integer,
  -- Bytes of output in all, once the attempt has ended: the log is complete when it has so many.
  output_bytes bigint,
  primary key (flow_run_id, epoch)
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
-- Slots are counted over these two, never kept. Both hold only leases that have not ended.
create index lease_held_by_queue on sluice.lease (work_queue_id) where ended_at is null;
create index lease_held_by_agent on sluice.lease (agent_id) where ended_at is null;

create table sluice.flow_run_state (
  flow_run_id uuid not null,
  at timestamptz not null,
  id uuid not null,
  type text not null,
  name text not null,
  message text,
  data jsonb,
  details jsonb,
  primary key (flow_run_id, at)
) partition by range (at);
create table sluice.flow_run_state_default partition of sluice.flow_run_state default;

-- The outbox: written in the transaction of the change it tells of.
create table sluice.event (
  id uuid not null,
  at timestamptz not null,
  event text not null,
  resource_kind text not null,
  resource_id uuid not null,
  payload jsonb not null,
  primary key (id, at)
) partition by range (at);
create table sluice.event_default partition of sluice.event default;

create table sluice.log (
  flow_run_id uuid not null,
  epoch bigint not null,
  -- Byte offset of the line in the attempt's output.
  line_offset bigint not null,
  -- When it was stored; the partition key.
  stored_at timestamptz not null,
  at timestamptz not null,
  level smallint not null,
  message text not null,
  primary key (flow_run_id, epoch, line_offset, stored_at)
) partition by range (stored_at);
create table sluice.log_default partition of sluice.log default;

-- How much of an attempt's output is stored: a chunk is taken only where the last one ended.
create table sluice.log_cursor (
  flow_run_id uuid not null references sluice.flow_run on delete cascade,
  epoch bigint not null,
  stored_offset bigint not null default 0,
  primary key (flow_run_id, epoch)
) with (fillfactor = 60);

-- One row: when a replica last could commit, and since when silence counts against agents.
create table sluice.liveness (
  id boolean primary key default true check (id),
  beat_at timestamptz not null default clock_timestamp(),
  grace_from timestamptz not null default clock_timestamp()
);
insert into sluice.liveness default values;
