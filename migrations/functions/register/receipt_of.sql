-- The receipt of items. A row that was made or revived counts for the first item that asked for it; for every other item, and
-- where it was there before, it counts as existing. "registered" and "failed" are places in "wanted".
create or replace function trans_hub.receipt_of(
  items trans_hub.grouped_items, wanted trans_hub.wanted_row[], registered integer[], failed integer[]
) returns trans_hub.register_receipt
language plpgsql stable
as $$
declare
  receipt register_receipt;
begin
  select
    array_agg(coalesce(r.rows, 0) order by i.ord),
    case when bool_or(g.wants > coalesce(r.rows, 0)) then array_agg(g.wants - coalesce(r.rows, 0) order by i.ord) end
  into receipt.registered, receipt.existing
  from (
    select coalesce(i.group_no, 1) as group_no, i.ord::integer as ord
    from unnest(items.texts, items.item_groups) with ordinality as i (text, group_no, ord)
  ) as i
  join (
    select w.group_no, count(*)::integer as wants from unnest(items.want_groups) as w (group_no) group by w.group_no
  ) as g using (group_no)
  left join (
    select w.items[1] as ord, count(*)::integer as rows
    from unnest(registered) as p (place)
    join unnest(wanted) as w using (place)
    group by w.items[1]
  ) as r using (ord);

  if failed <> '{}' then
    select array_agg(coalesce(f.rows, 0) order by i.ord)
    into receipt.failed
    from generate_series(1, cardinality(items.texts)) as i (ord)
    left join (
      select a.item as ord, count(*)::integer as rows
      from unnest(failed) as p (place)
      join unnest(wanted) as w using (place)
      cross join lateral unnest(w.items) as a (item)
      group by a.item
    ) as f using (ord);
  end if;
  return receipt;
end
$$;
