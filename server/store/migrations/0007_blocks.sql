-- Blocks: stored configuration, often with secrets, in a form that its type's schema describes; and
-- variables: any JSON value under a name. Templates, job variables and pull steps refer to both.
create table sluice.block_type (
  id uuid primary key,
  slug text not null unique,
  name text not null,
  logo_url text,
  documentation_url text,
  description text,
  code_example text,
  is_protected boolean not null default false,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);

create table sluice.block_schema (
  id uuid primary key,
  block_type_id uuid not null references sluice.block_type on delete cascade,
  checksum text not null,
  -- As it was given, numbers and the order of its keys included.
  fields json not null,
  capabilities text[] not null default '{}',
  version text not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  unique (block_type_id, checksum, version)
);
create index block_schema_by_checksum on sluice.block_schema (checksum);

create table sluice.block_document (
  id uuid primary key,
  block_type_id uuid not null references sluice.block_type on delete cascade,
  block_schema_id uuid not null references sluice.block_schema on delete cascade,
  name text not null,
  is_anonymous boolean not null,
  -- Without the secrets: null stands where one is.
  data jsonb not null,
  -- The secrets, encrypted: [{"path": ["key", …], "sealed": "…"}, …]
  secrets jsonb not null,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  unique (block_type_id, name)
);
create index block_document_by_schema on sluice.block_document (block_schema_id);

-- A field of a document that is another document.
create table sluice.block_document_reference (
  block_document_id uuid not null references sluice.block_document on delete cascade,
  field text not null,
  referenced_id uuid not null references sluice.block_document on delete cascade,
  primary key (block_document_id, field)
);
create index block_document_referenced on sluice.block_document_reference (referenced_id);

create table sluice.variable (
  id uuid primary key,
  name text not null unique,
  -- As it was given, numbers and the order of keys included.
  value json not null,
  tags text[] not null default '{}',
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);
