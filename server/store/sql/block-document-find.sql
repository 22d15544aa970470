-- Ids of documents that are named by the slugs of their types and their own names.
select d.id, w.slug, w.name
  from unnest($1::text[], $2::text[]) as w (slug, name)
  join sluice.block_type t on t.slug = w.slug
  join sluice.block_document d on d.block_type_id = t.id and d.name = w.name
