-- A new type; no row if the slug is taken.
insert into sluice.block_type
  (id, slug, name, logo_url, documentation_url, description, code_example)
values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (slug) do nothing
returning id
