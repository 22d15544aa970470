-- Adds the types that are not there yet; one that is there is left as it is.
insert into sluice.block_type (id, slug, name, description, is_protected)
select w.id, w.slug, w.name, w.description, true
  from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
       as w (id, slug, name, description)
    on conflict (slug) do nothing
