-- A third thing that may happen to the runs of a lost agent.
alter table sluice.work_pool
  drop constraint work_pool_lost_policy_check,
  add constraint work_pool_lost_policy_check
    check (lost_policy in ('crash', 'keep', 'reschedule'));
