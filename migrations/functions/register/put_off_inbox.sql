-- Puts off a row of the inbox that could not be registered now. The row is halved, so that in the end only the item behind
-- the lock, or the bad item, waits. A row of one item that is refused for good ("state", its SQLSTATE) is kept for a person
-- to look at, and is named in the answer, [{id, code}].
create or replace function trans_hub.put_off_inbox(of_id bigint, state text, is_behind_lock boolean) returns jsonb
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  with row as (
    delete from inbox as i
    using (select id from inbox where id = of_id for update skip locked) as own
    where i.id = own.id
    returning i.*
  ), item as (
    select e.value, e.ord, (e.ord - 1) * 2 / r.item_count as half
    from row as r
    cross join lateral jsonb_array_elements(inbox_list(r.items)) with ordinality as e (value, ord)
  ), put as (
    insert into inbox (items, defaults, texts, created_at, tries, run_at, refused, traceparent)
    select
      i.items, i.defaults, asked_rows(i.items, i.defaults), i.created_at,
      -- Halves are untried, like the row: a single pass does not end before they are. An item alone has had its try.
      case when i.item_count > 1 then i.tries else least(i.tries + 1, 10) end,
      case
        -- As due as the row was, so that the same run takes the halves.
        when i.item_count > 1 then i.run_at
        -- Short for ever, so that an item is registered soon after the end of a lock, however long that lasts.
        when is_behind_lock then clock_timestamp() + least(interval '100 milliseconds' * 2 ^ i.tries, interval '500 milliseconds')
        else clock_timestamp() + least(interval '1 second' * 2 ^ i.tries, interval '1 minute')
      end,
      case when i.item_count = 1 then case when state ~ '^TH0' then item_code(state) else state end end,
      i.traceparent
    from (
      select
        r.item_count, r.created_at, r.tries, r.run_at, r.traceparent, h.items,
        case when jsonb_typeof(r.defaults) = 'object' then r.defaults else '{}' end as defaults
      from row as r
      cross join (select jsonb_agg(i.value order by i.ord) as items from item as i group by i.half) as h
    ) as i
    returning id, refused as code
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'code', p.code) order by p.id) filter (where p.code is not null), '[]')
  from put as p
$$;
