-- Puts off a row of the inbox that could not be registered now. The row is halved, so that in the end only the item behind
-- the lock, or the bad item, waits. A row of one item that is refused for good ("state", its SQLSTATE) is kept for a person
-- to look at.
create or replace function trans_hub.put_off_inbox(of_id bigint, state text) returns void
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  with row as (
    delete from inbox as i
    using (select id from inbox where id = of_id for update skip locked) as own
    where i.id = own.id
    returning i.*
  ), item as (
    select e.value, e.ord, (e.ord - 1) * 2 / jsonb_array_length(r.items) as half
    from row as r
    cross join lateral jsonb_array_elements(r.items) with ordinality as e (value, ord)
  )
  insert into inbox (items, defaults, created_at, tries, run_at, refused)
  select
    i.items, r.defaults, r.created_at,
    least(r.tries + 1, 10),
    case
      -- As due as the row was, so that the same run takes the halves.
      when jsonb_array_length(r.items) > 1 then r.run_at
      -- Short for ever, so that an item is registered soon after the end of a lock, however long that lasts.
      else clock_timestamp() + least(interval '100 milliseconds' * 2 ^ r.tries, interval '500 milliseconds')
    end,
    case when jsonb_array_length(r.items) = 1 then state end
  from row as r
  cross join (select jsonb_agg(i.value order by i.ord) as items from item as i group by i.half) as i
$$;
