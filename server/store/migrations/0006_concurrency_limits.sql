-- Limits that are not of one pool or queue: those that programs ask for by name, and those of deployments.

create table sluice.concurrency_limit (
  id uuid primary key,
  name text not null unique,
  "limit" integer not null check ("limit" >= 0),
  -- One that is not active limits nothing.
  active boolean not null default true,
  -- Slots taken without a lease, as of counted_at; they fall by the decay since then, and only they.
  loose_slots double precision not null default 0 check (loose_slots >= 0),
  slot_decay_per_second double precision not null default 0 check (slot_decay_per_second >= 0),
  -- Slots that were asked for in vain lately: who asks next is told to wait accordingly.
  denied_slots double precision not null default 0 check (denied_slots >= 0),
  counted_at timestamptz not null default clock_timestamp(),
  avg_slot_occupancy_seconds double precision not null default 2,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
) with (fillfactor = 60);

-- Slots held until they are given back or the lease is found expired. Until then they are held.
create table sluice.concurrency_lease (
  id uuid primary key,
  holder_type text check (holder_type in ('flow_run', 'task_run', 'deployment')),
  holder_id uuid,
  -- Set for a slot of the run's deployment: it is counted with the run, and has no concurrency_lease_slot.
  flow_run_id uuid references sluice.flow_run on delete cascade,
  created_at timestamptz not null default clock_timestamp(),
  -- Infinity: held until it is given back.
  expires_at timestamptz not null
) with (fillfactor = 60);
create index concurrency_lease_by_run on sluice.concurrency_lease (flow_run_id)
  where flow_run_id is not null;

create table sluice.concurrency_lease_slot (
  lease_id uuid not null references sluice.concurrency_lease on delete cascade,
  limit_id uuid not null references sluice.concurrency_limit on delete cascade,
  slots integer not null check (slots > 0),
  primary key (limit_id, lease_id)
);
create index concurrency_lease_slot_by_lease on sluice.concurrency_lease_slot (lease_id);

alter table sluice.deployment
  add column concurrency_limit_id uuid references sluice.concurrency_limit on delete set null,
  add column collision_strategy text not null default 'ENQUEUE'
    check (collision_strategy in ('ENQUEUE', 'CANCEL_NEW')),
  add column grace_period_seconds integer check (grace_period_seconds between 60 and 86400);
create index deployment_by_limit on sluice.deployment (concurrency_limit_id)
  where concurrency_limit_id is not null;

-- Runs that someone has in hand: the slots of their deployment are counted over them.
create index flow_run_in_hand on sluice.flow_run (deployment_id)
  where leased or state_type in ('PENDING', 'RUNNING', 'CANCELLING');
-- The waiting runs of a queue by deployment, so that those of a full one can be passed over as one.
create index flow_run_ready_by_deployment
  on sluice.flow_run (work_queue_id, deployment_id, next_start_at, id)
  where state_type = 'SCHEDULED' and not leased and retry_type is distinct from 'in_process';

-- What of a limit is taken now. The only place where it is counted.
create function sluice.limit_use(limit_id uuid)
returns table (loose bigint, leased bigint, in_hand bigint, denied double precision)
language sql stable as $$
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
$$;
