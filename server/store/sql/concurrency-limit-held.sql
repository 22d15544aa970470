-- What is taken of some limits, however it is held, and what is left; null of one that is not active.
select c.id, u.loose + u.leased + u.in_hand as held, u.denied,
       case when c.active then c."limit" - u.loose - u.leased - u.in_hand end as free
  from unnest($1::uuid[]) as w (id)
  join sluice.concurrency_limit c on c.id = w.id
 cross join lateral sluice.limit_use(c.id) u
