-- The daily partitions there are, and the days for which they are wanted, by the database's clock.
select
  array(
    select child.relname::text
    from pg_inherits
    join pg_class as child on child.oid = pg_inherits.inhrelid
    where pg_inherits.inhparent = any (array(select to_regclass(name) from unnest($1::text[]) as name))
  ) as partitions,
  array(
    select to_char(today + ahead, 'YYYYMMDD') from generate_series(0, $2::integer) as ahead
  ) as wanted,
  to_char(today - $3::integer, 'YYYYMMDD') as oldest
from (select (clock_timestamp() at time zone 'UTC')::date) as clock (today);
