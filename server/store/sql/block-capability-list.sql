-- What schemas are said to be able to do, each once.
select distinct c.capability
  from sluice.block_schema s
 cross join lateral unnest(s.capabilities) as c (capability)
 order by c.capability
