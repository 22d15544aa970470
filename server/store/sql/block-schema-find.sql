-- The schema of a type by what makes it unique.
select s.id
  from sluice.block_schema s
 where s.block_type_id = $1 and s.checksum = $2 and s.version = $3
