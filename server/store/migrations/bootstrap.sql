-- What must be there before the first step: the list of the steps.
create schema if not exists sluice;
create table sluice.schema_migration (
  version integer primary key,
  name text not null,
  -- A breaking step keeps programs out that do not know it.
  breaking boolean not null,
  program_version text not null,
  applied_at timestamptz not null default clock_timestamp()
);
