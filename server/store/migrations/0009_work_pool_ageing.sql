-- Ageing: a run is served as if its queue had a priority higher by one for every so many seconds that
-- it has been due. Null: a strict waterfall.
alter table sluice.work_pool
  add column ageing_seconds integer
    constraint work_pool_ageing_seconds_check check (ageing_seconds > 0);
