-- Secrets that all replicas of a control plane share and nobody else knows.
create table sluice.server_secret (
  name text primary key,
  value bytea not null,
  created_at timestamptz not null default clock_timestamp()
);
