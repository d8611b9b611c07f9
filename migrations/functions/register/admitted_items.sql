-- The items that are not refused. Groups stay, also one of which no item is left.
create or replace function trans_hub.admitted_items(items trans_hub.grouped_items, refused boolean[])
returns trans_hub.grouped_items
language plpgsql stable
as $$
begin
  select
    array_agg(i.text order by i.ord),
    case when items.business_ids is not null then array_agg(i.business_id order by i.ord) end,
    case when items.contexts is not null then array_agg(i.context order by i.ord) end,
    case when items.formats is not null then array_agg(i.format order by i.ord) end,
    case when items.verbatim is not null then array_agg(i.verbatim order by i.ord) end,
    case when items.lifetimes is not null then array_agg(i.lifetime order by i.ord) end,
    case when items.hints is not null then array_agg(i.hint order by i.ord) end,
    case when items.item_groups is not null then array_agg(i.group_no order by i.ord) end
  into items.texts, items.business_ids, items.contexts, items.formats, items.verbatim, items.lifetimes, items.hints,
    items.item_groups
  from unnest(
    items.texts, items.business_ids, items.contexts, items.formats, items.verbatim, items.lifetimes, items.hints, items.item_groups,
    refused
  ) with ordinality as i (text, business_id, context, format, verbatim, lifetime, hint, group_no, is_refused, ord)
  where not i.is_refused;
  return items;
end
$$;
