-- The schema that the migrations lead to. Written by 'bun scripts/database.ts'; never edited.

table sluice.agent
  id uuid not null
  work_pool_id uuid not null
  name text not null
  type text not null
  session bigint not null
  slot_limit integer
  work_queue_ids uuid[]
  prefetch_seconds double precision not null default 0
  heartbeat_seconds double precision not null
  version text not null
  hostname text not null
  is_connected boolean not null default true
  last_seen_at timestamp with time zone not null default clock_timestamp()
  created_at timestamp with time zone not null default clock_timestamp()
  constraint agent_pkey PRIMARY KEY (id)
  constraint agent_slot_limit_check CHECK ((slot_limit >= 0))
  constraint agent_work_pool_id_fkey FOREIGN KEY (work_pool_id) REFERENCES sluice.work_pool(id) ON DELETE CASCADE
  with fillfactor=60

table sluice.block_document
  id uuid not null
  block_type_id uuid not null
  block_schema_id uuid not null
  name text not null
  is_anonymous boolean not null
  data jsonb not null
  secrets jsonb not null
  created_at timestamp with time zone not null default clock_timestamp()
  updated_at timestamp with time zone not null default clock_timestamp()
  constraint block_document_block_schema_id_fkey FOREIGN KEY (block_schema_id) REFERENCES sluice.block_schema(id) ON DELETE CASCADE
  constraint block_document_block_type_id_fkey FOREIGN KEY (block_type_id) REFERENCES sluice.block_type(id) ON DELETE CASCADE
  constraint block_document_block_type_id_name_key UNIQUE (block_type_id, name)
  constraint block_document_pkey PRIMARY KEY (id)

table sluice.block_document_reference
  block_document_id uuid not null
  field text not null
  referenced_id uuid not null
  constraint block_document_reference_block_document_id_fkey FOREIGN KEY (block_document_id) REFERENCES sluice.block_document(id) ON DELETE CASCADE
  constraint block_document_reference_pkey PRIMARY KEY (block_document_id, field)
  constraint block_document_reference_referenced_id_fkey FOREIGN KEY (referenced_id) REFERENCES sluice.block_document(id) ON DELETE CASCADE

table sluice.block_schema
  id uuid not null
  block_type_id uuid not null
  checksum text not null
  fields json not null
  capabilities text[] not null default '{}'::text[]
  version text not null
  created_at timestamp with time zone not null default clock_timestamp()
  updated_at timestamp with time zone not null default clock_timestamp()
  constraint block_schema_block_type_id_checksum_version_key UNIQUE (block_type_id, checksum, version)
  constraint block_schema_block_type_id_fkey FOREIGN KEY (block_type_id) REFERENCES sluice.block_type(id) ON DELETE CASCADE
  constraint block_schema_pkey PRIMARY KEY (id)

table sluice.block_type
  id uuid not null
  slug text not null
  name text not null
  logo_url text
  documentation_url text
  description text
  code_example text
  is_protected boolean not null default false
  created_at timestamp with time zone not null default clock_timestamp()
  updated_at timestamp with time zone not null default clock_timestamp()
  constraint block_type_pkey PRIMARY KEY (id)
  constraint block_type_slug_key UNIQUE (slug)

table sluice.concurrency_lease
  id uuid not null
  holder_type text
  holder_id uuid
  flow_run_id uuid
  created_at timestamp with time zone not null default clock_timestamp()
  expires_at timestamp with time zone not null
  constraint concurrency_lease_flow_run_id_fkey FOREIGN KEY (flow_run_id) REFERENCES sluice.flow_run(id) ON DELETE CASCADE
  constraint concurrency_lease_holder_type_check CHECK ((holder_type = ANY (ARRAY['flow_run'::text, 'task_run'::text, 'deployment'::text])))
  constraint concurrency_lease_pkey PRIMARY KEY (id)
  with fillfactor=60

table sluice.concurrency_lease_slot
  lease_id uuid not null
  limit_id uuid not null
  slots integer not null
  constraint concurrency_lease_slot_lease_id_fkey FOREIGN KEY (lease_id) REFERENCES sluice.concurrency_lease(id) ON DELETE CASCADE
  constraint concurrency_lease_slot_limit_id_fkey FOREIGN KEY (limit_id) REFERENCES sluice.concurrency_limit(id) ON DELETE CASCADE
  constraint concurrency_lease_slot_pkey PRIMARY KEY (limit_id, lease_id)
  constraint concurrency_lease_slot_slots_check CHECK ((slots > 0))

table sluice.concurrency_limit
  id uuid not null
  name text not null
  "limit" integer not null
  active boolean not null default true
  loose_slots double precision not null default 0
  slot_decay_per_second double precision not null default 0
  denied_slots double precision not null default 0
  counted_at timestamp with time zone not null default clock_timestamp()
  avg_slot_occupancy_seconds double precision not null default 2
  created_at timestamp with time zone not null default clock_timestamp()
  updated_at timestamp with time zone not null default clock_timestamp()
  constraint concurrency_limit_denied_slots_check CHECK ((denied_slots >= (0)::double precision))
  constraint concurrency_limit_limit_check CHECK (("limit" >= 0))
  constraint concurrency_limit_loose_slots_check CHECK ((loose_slots >= (0)::double precision))
  constraint concurrency_limit_name_key UNIQUE (name)
  constraint concurrency_limit_pkey PRIMARY KEY (id)
  constraint concurrency_limit_slot_decay_per_second_check CHECK ((slot_decay_per_second >= (0)::double precision))
  with fillfactor=60

table sluice.deployment
  id uuid not null
  flow_id uuid not null
  name text not null
  description text
  version text
  entrypoint text
  parameters json not null default '{}'::json
  parameter_schema jsonb not null default '{}'::jsonb
  enforce_parameter_schema boolean not null default true
  job_variables jsonb not null default '{}'::jsonb
  pull_steps jsonb
  tags text[] not null default '{}'::text[]
  work_queue_id uuid
  retries integer not null default 0
  retry_delay_seconds double precision not null default 0
  created_at timestamp with time zone not null default clock_timestamp()
  updated_at timestamp with time zone not null default clock_timestamp()
  concurrency_limit_id uuid
  collision_strategy text not null default 'ENQUEUE'::text
  grace_period_seconds integer
  constraint deployment_collision_strategy_check CHECK ((collision_strategy = ANY (ARRAY['ENQUEUE'::text, 'CANCEL_NEW'::text])))
  constraint deployment_concurrency_limit_id_fkey FOREIGN KEY (concurrency_limit_id) REFERENCES sluice.concurrency_limit(id) ON DELETE SET NULL
  constraint deployment_flow_id_fkey FOREIGN KEY (flow_id) REFERENCES sluice.flow(id) ON DELETE CASCADE
  constraint deployment_flow_id_name_key UNIQUE (flow_id, name)
  constraint deployment_grace_period_seconds_check CHECK (((grace_period_seconds >= 60) AND (grace_period_seconds <= 86400)))
  constraint deployment_pkey PRIMARY KEY (id)
  constraint deployment_retries_check CHECK ((retries >= 0))
  constraint deployment_retry_delay_seconds_check CHECK ((retry_delay_seconds >= (0)::double precision))
  constraint deployment_work_queue_id_fkey FOREIGN KEY (work_queue_id) REFERENCES sluice.work_queue(id) ON DELETE SET NULL

partitioned table sluice.event
  id uuid not null
  at timestamp with time zone not null
  event text not null
  resource_kind text not null
  resource_id uuid
  payload jsonb not null
  resource jsonb not null default '{}'::jsonb
  related jsonb not null default '[]'::jsonb
  follows uuid
  constraint event_pkey PRIMARY KEY (id, at)
  partition by RANGE (at)

table sluice.event_default
  id uuid not null
  at timestamp with time zone not null
  event text not null
  resource_kind text not null
  resource_id uuid
  payload jsonb not null
  resource jsonb not null default '{}'::jsonb
  related jsonb not null default '[]'::jsonb
  follows uuid
  constraint event_default_pkey PRIMARY KEY (id, at)
  partition of sluice.event DEFAULT

table sluice.flow
  id uuid not null
  name text not null
  created_at timestamp with time zone not null default clock_timestamp()
  tags text[] not null default '{}'::text[]
  labels jsonb not null default '{}'::jsonb
  updated_at timestamp with time zone not null default clock_timestamp()
  constraint flow_name_key UNIQUE (name)
  constraint flow_pkey PRIMARY KEY (id)

table sluice.flow_run
  id uuid not null
  name text not null
  flow_id uuid not null
  deployment_id uuid
  work_pool_id uuid
  work_queue_id uuid
  kind text not null
  state_id uuid not null
  state_type text not null
  state_name text not null
  state_at timestamp with time zone not null
  state_message text
  state_details jsonb
  epoch bigint not null default 0
  leased boolean not null default false
  run_count integer not null default 0
  retries integer not null default 0
  retry_delay_seconds double precision not null default 0
  retry_type text
  next_start_at timestamp with time zone
  expected_start_at timestamp with time zone
  start_at timestamp with time zone
  end_at timestamp with time zone
  total_run_seconds double precision not null default 0
  policy jsonb
  infrastructure_id text
  idempotency_key text
  created_at timestamp with time zone not null default clock_timestamp()
  parent_task_run_id uuid
  constraint flow_run_flow_id_fkey FOREIGN KEY (flow_id) REFERENCES sluice.flow(id) ON DELETE CASCADE
  constraint flow_run_kind_check CHECK ((kind = ANY (ARRAY['command'::text, 'engine'::text])))
  constraint flow_run_pkey PRIMARY KEY (id)
  constraint flow_run_retry_type_check CHECK ((retry_type = ANY (ARRAY['in_process'::text, 'reschedule'::text])))
  constraint flow_run_state_type_check CHECK ((state_type = ANY (ARRAY['SCHEDULED'::text, 'PENDING'::text, 'RUNNING'::text, 'PAUSED'::text, 'CANCELLING'::text, 'COMPLETED'::text, 'FAILED'::text, 'CRASHED'::text, 'CANCELLED'::text])))
  constraint flow_run_work_pool_id_fkey FOREIGN KEY (work_pool_id) REFERENCES sluice.work_pool(id) ON DELETE SET NULL
  constraint flow_run_work_queue_id_fkey FOREIGN KEY (work_queue_id) REFERENCES sluice.work_queue(id) ON DELETE SET NULL
  with autovacuum_analyze_scale_factor=0.05
  with autovacuum_vacuum_cost_delay=0
  with autovacuum_vacuum_scale_factor=0.02
  with fillfactor=70

table sluice.flow_run_payload
  flow_run_id uuid not null
  parameters json not null
  job_variables jsonb not null default '{}'::jsonb
  tags text[] not null default '{}'::text[]
  labels jsonb not null default '{}'::jsonb
  context json not null default '{}'::json
  flow_version text
  constraint flow_run_payload_flow_run_id_fkey FOREIGN KEY (flow_run_id) REFERENCES sluice.flow_run(id) ON DELETE CASCADE
  constraint flow_run_payload_pkey PRIMARY KEY (flow_run_id)

partitioned table sluice.flow_run_state
  flow_run_id uuid not null
  at timestamp with time zone not null
  id uuid not null
  type text not null
  name text not null
  message text
  data jsonb
  details jsonb
  constraint flow_run_state_pkey PRIMARY KEY (flow_run_id, at)
  partition by RANGE (at)

table sluice.flow_run_state_default
  flow_run_id uuid not null
  at timestamp with time zone not null
  id uuid not null
  type text not null
  name text not null
  message text
  data jsonb
  details jsonb
  constraint flow_run_state_default_pkey PRIMARY KEY (flow_run_id, at)
  partition of sluice.flow_run_state DEFAULT

table sluice.lease
  flow_run_id uuid not null
  epoch bigint not null
  attempt integer not null
  work_pool_id uuid not null
  work_queue_id uuid not null
  agent_id uuid not null
  agent_name text not null
  submitted_at timestamp with time zone not null
  eligible_at timestamp with time zone not null
  granted_at timestamp with time zone not null
  sent_after_us bigint
  accepted_at timestamp with time zone
  start_granted_at timestamp with time zone
  ended_at timestamp with time zone
  end_reason text
  revoking text
  revoked_at timestamp with time zone
  started_after_us bigint
  first_output_after_us bigint
  exited_after_us bigint
  reported_at timestamp with time zone
  exit_code integer
  output_bytes bigint
  constraint lease_flow_run_id_fkey FOREIGN KEY (flow_run_id) REFERENCES sluice.flow_run(id) ON DELETE CASCADE
  constraint lease_pkey PRIMARY KEY (flow_run_id, epoch)
  constraint lease_revoking_check CHECK ((revoking = ANY (ARRAY['cancelled'::text, 'revoked'::text])))
  with autovacuum_vacuum_cost_delay=0
  with autovacuum_vacuum_scale_factor=0.02
  with fillfactor=70

table sluice.liveness
  id boolean not null default true
  beat_at timestamp with time zone not null default clock_timestamp()
  grace_from timestamp with time zone not null default clock_timestamp()
  constraint liveness_id_check CHECK (id)
  constraint liveness_pkey PRIMARY KEY (id)

partitioned table sluice.log
  flow_run_id uuid not null
  epoch bigint not null
  line_offset bigint not null
  stored_at timestamp with time zone not null
  at timestamp with time zone not null
  level smallint not null
  message text not null
  name text
  task_run_id uuid
  constraint log_pkey PRIMARY KEY (flow_run_id, epoch, line_offset, stored_at)
  partition by RANGE (stored_at)

table sluice.log_cursor
  flow_run_id uuid not null
  epoch bigint not null
  stored_offset bigint not null default 0
  constraint log_cursor_flow_run_id_fkey FOREIGN KEY (flow_run_id) REFERENCES sluice.flow_run(id) ON DELETE CASCADE
  constraint log_cursor_pkey PRIMARY KEY (flow_run_id, epoch)
  with fillfactor=60

table sluice.log_default
  flow_run_id uuid not null
  epoch bigint not null
  line_offset bigint not null
  stored_at timestamp with time zone not null
  at timestamp with time zone not null
  level smallint not null
  message text not null
  name text
  task_run_id uuid
  constraint log_default_pkey PRIMARY KEY (flow_run_id, epoch, line_offset, stored_at)
  partition of sluice.log DEFAULT

table sluice.schema_migration
  version integer not null
  name text not null
  breaking boolean not null
  program_version text not null
  applied_at timestamp with time zone not null default clock_timestamp()
  constraint schema_migration_pkey PRIMARY KEY (version)

table sluice.server_secret
  name text not null
  value bytea not null
  created_at timestamp with time zone not null default clock_timestamp()
  constraint server_secret_pkey PRIMARY KEY (name)

table sluice.variable
  id uuid not null
  name text not null
  value json not null
  tags text[] not null default '{}'::text[]
  created_at timestamp with time zone not null default clock_timestamp()
  updated_at timestamp with time zone not null default clock_timestamp()
  constraint variable_name_key UNIQUE (name)
  constraint variable_pkey PRIMARY KEY (id)

table sluice.work_pool
  id uuid not null
  name text not null
  type text not null
  description text
  base_job_template json not null default '{}'::json
  is_paused boolean not null default false
  concurrency_limit integer
  default_queue_id uuid
  lost_policy text not null default 'crash'::text
  lost_after_seconds integer not null default 60
  created_at timestamp with time zone not null default clock_timestamp()
  updated_at timestamp with time zone not null default clock_timestamp()
  status text not null default 'NOT_READY'::text
  last_transitioned_status_at timestamp with time zone
  last_status_event_id uuid
  storage_configuration json not null default '{}'::json
  ageing_seconds integer
  constraint work_pool_ageing_seconds_check CHECK ((ageing_seconds > 0))
  constraint work_pool_concurrency_limit_check CHECK ((concurrency_limit >= 0))
  constraint work_pool_default_queue_id_fkey FOREIGN KEY (default_queue_id) REFERENCES sluice.work_queue(id) ON DELETE RESTRICT DEFERRABLE INITIALLY DEFERRED
  constraint work_pool_lost_after_seconds_check CHECK ((lost_after_seconds > 0))
  constraint work_pool_lost_policy_check CHECK ((lost_policy = ANY (ARRAY['crash'::text, 'keep'::text, 'reschedule'::text])))
  constraint work_pool_name_key UNIQUE (name)
  constraint work_pool_pkey PRIMARY KEY (id)
  constraint work_pool_status_check CHECK ((status = ANY (ARRAY['READY'::text, 'NOT_READY'::text, 'PAUSED'::text])))

table sluice.work_queue
  id uuid not null
  work_pool_id uuid not null
  name text not null
  description text not null default ''::text
  priority integer not null
  concurrency_limit integer
  is_paused boolean not null default false
  created_at timestamp with time zone not null default clock_timestamp()
  updated_at timestamp with time zone not null default clock_timestamp()
  status text not null default 'NOT_READY'::text
  last_polled_at timestamp with time zone
  constraint work_queue_concurrency_limit_check CHECK ((concurrency_limit >= 0))
  constraint work_queue_pkey PRIMARY KEY (id)
  constraint work_queue_priority_check CHECK ((priority >= 1))
  constraint work_queue_status_check CHECK ((status = ANY (ARRAY['READY'::text, 'NOT_READY'::text, 'PAUSED'::text])))
  constraint work_queue_work_pool_id_fkey FOREIGN KEY (work_pool_id) REFERENCES sluice.work_pool(id) ON DELETE CASCADE
  constraint work_queue_work_pool_id_name_key UNIQUE (work_pool_id, name)
  with fillfactor=60

table sluice.worker
  id uuid not null
  work_pool_id uuid not null
  name text not null
  heartbeat_seconds double precision
  last_heartbeat_at timestamp with time zone not null default clock_timestamp()
  status text not null default 'ONLINE'::text
  type text
  metadata jsonb
  created_at timestamp with time zone not null default clock_timestamp()
  updated_at timestamp with time zone not null default clock_timestamp()
  constraint worker_heartbeat_seconds_check CHECK ((heartbeat_seconds > (0)::double precision))
  constraint worker_pkey PRIMARY KEY (id)
  constraint worker_status_check CHECK ((status = ANY (ARRAY['ONLINE'::text, 'OFFLINE'::text])))
  constraint worker_work_pool_id_fkey FOREIGN KEY (work_pool_id) REFERENCES sluice.work_pool(id) ON DELETE CASCADE
  constraint worker_work_pool_id_name_key UNIQUE (work_pool_id, name)
  with fillfactor=60

CREATE INDEX agent_by_pool ON sluice.agent USING btree (work_pool_id);
CREATE INDEX block_document_by_schema ON sluice.block_document USING btree (block_schema_id);
CREATE INDEX block_document_referenced ON sluice.block_document_reference USING btree (referenced_id);
CREATE INDEX block_schema_by_checksum ON sluice.block_schema USING btree (checksum);
CREATE INDEX concurrency_lease_by_run ON sluice.concurrency_lease USING btree (flow_run_id) WHERE (flow_run_id IS NOT NULL);
CREATE INDEX concurrency_lease_slot_by_lease ON sluice.concurrency_lease_slot USING btree (lease_id);
CREATE INDEX deployment_by_limit ON sluice.deployment USING btree (concurrency_limit_id) WHERE (concurrency_limit_id IS NOT NULL);
CREATE INDEX deployment_by_queue ON sluice.deployment USING btree (work_queue_id);
CREATE INDEX flow_run_active ON sluice.flow_run USING btree (work_queue_id) WHERE (state_type = ANY (ARRAY['PENDING'::text, 'RUNNING'::text, 'CANCELLING'::text]));
CREATE INDEX flow_run_by_deployment ON sluice.flow_run USING btree (deployment_id, id);
CREATE INDEX flow_run_by_expected_start ON sluice.flow_run USING btree (expected_start_at);
CREATE INDEX flow_run_by_flow ON sluice.flow_run USING btree (flow_id, id);
CREATE INDEX flow_run_by_parent ON sluice.flow_run USING btree (parent_task_run_id) WHERE (parent_task_run_id IS NOT NULL);
CREATE INDEX flow_run_cancelling ON sluice.flow_run USING btree (state_at) WHERE ((state_type = 'CANCELLING'::text) AND (NOT leased));
CREATE INDEX flow_run_in_hand ON sluice.flow_run USING btree (deployment_id) WHERE (leased OR (state_type = ANY (ARRAY['PENDING'::text, 'RUNNING'::text, 'CANCELLING'::text])));
CREATE INDEX flow_run_not_late ON sluice.flow_run USING btree (next_start_at) WHERE ((state_type = 'SCHEDULED'::text) AND (state_name = 'Scheduled'::text));
CREATE INDEX flow_run_ready ON sluice.flow_run USING btree (work_queue_id, next_start_at, id) WHERE ((state_type = 'SCHEDULED'::text) AND (NOT leased) AND (retry_type IS DISTINCT FROM 'in_process'::text));
CREATE INDEX flow_run_ready_by_deployment ON sluice.flow_run USING btree (work_queue_id, deployment_id, next_start_at, id) WHERE ((state_type = 'SCHEDULED'::text) AND (NOT leased) AND (retry_type IS DISTINCT FROM 'in_process'::text));
CREATE INDEX flow_run_unleased ON sluice.flow_run USING btree (work_queue_id) WHERE ((state_type = ANY (ARRAY['PENDING'::text, 'RUNNING'::text])) AND (NOT leased));
CREATE INDEX lease_held_by_agent ON sluice.lease USING btree (agent_id) WHERE (ended_at IS NULL);
CREATE INDEX lease_held_by_queue ON sluice.lease USING btree (work_queue_id) WHERE (ended_at IS NULL);
CREATE INDEX log_default_flow_run_id_at_line_offset_idx ON sluice.log_default USING btree (flow_run_id, at, line_offset) WHERE (epoch = 0);
CREATE INDEX log_of_clients ON ONLY sluice.log USING btree (flow_run_id, at, line_offset) WHERE (epoch = 0);
CREATE INDEX work_queue_by_priority ON sluice.work_queue USING btree (work_pool_id, priority);
CREATE INDEX work_queue_ready ON sluice.work_queue USING btree (id) WHERE (status = 'READY'::text);
CREATE INDEX worker_online ON sluice.worker USING btree (work_pool_id) WHERE (status = 'ONLINE'::text);
CREATE OR REPLACE FUNCTION sluice.limit_use(limit_id uuid)
 RETURNS TABLE(loose bigint, leased bigint, in_hand bigint, denied double precision)
 LANGUAGE sql
 STABLE
AS $function$
select -- Given without a lease, less what has decayed since: a slot is free once all of it has.
       ceil(greatest(0, c.loose_slots
              - c.slot_decay_per_second
                * extract(epoch from clock_timestamp() - c.counted_at)))::bigint,
       (select coalesce(sum(s.slots), 0)::bigint
          from sluice.concurrency_lease_slot s
         where s.limit_id = c.id),
       -- By runs: what an agent holds, whatever the state; and what others have in hand, as long as
       -- the lease lives that was given for it, if one was.
       (select count(*)
          from sluice.deployment d
          join sluice.flow_run r on r.deployment_id = d.id
         where d.concurrency_limit_id = c.id
           and (r.leased or r.state_type in ('PENDING', 'RUNNING', 'CANCELLING'))
           and (r.leased
                or r.state_details->>'deploymentConcurrencyLeaseId' is null
                or exists (select
                             from sluice.concurrency_lease e
                            where e.id = (r.state_details->>'deploymentConcurrencyLeaseId')::uuid))),
       greatest(0, c.denied_slots
         - case when c.slot_decay_per_second > 0 then c.slot_decay_per_second
                else 1 / greatest(c.avg_slot_occupancy_seconds, 0.1) end
           * extract(epoch from clock_timestamp() - c.counted_at))
  from sluice.concurrency_limit c
 where c.id = limit_id
$function$;
CREATE UNIQUE INDEX flow_run_idempotency ON sluice.flow_run USING btree (flow_id, idempotency_key) WHERE (idempotency_key IS NOT NULL);
