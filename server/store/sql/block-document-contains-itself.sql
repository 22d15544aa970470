-- Whether a document is part of itself, by whatever it refers to.
with recursive part as (
  select r.referenced_id as id
    from sluice.block_document_reference r
   where r.block_document_id = $1
   union
  select r.referenced_id
    from part
    join sluice.block_document_reference r on r.block_document_id = part.id
)
select exists (select from part where part.id = $1) as contained
