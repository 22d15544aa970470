-- Id of the limit of that id or name.
select c.id
  from sluice.concurrency_limit c
 where c.id = $1 or c.name = $2
 order by c.id = $1 desc
 limit 1
