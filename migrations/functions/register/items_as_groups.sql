-- Items that were read, as register_items takes them: the fields that items have in common once a group, and a column
-- only where some item differs from the default.
create or replace function trans_hub.items_as_groups(good trans_hub.item[]) returns trans_hub.grouped_items
language sql stable
as $$
  with item as materialized (
    select
      i.*,
      dense_rank() over (order by i.project, i.source_locale, i.priority, i.forced, i.target_locales)::integer as group_no
    from unnest(good) with ordinality
      as i (project, business_id, source_locale, text, context, format, verbatim, priority, forced, target_locales, lifetime, hint, ord)
  ), item_group as materialized (
    select distinct i.group_no, i.project, i.source_locale, i.priority, i.forced, i.target_locales from item as i
  )
  select row(i.*, g.*, w.*)::trans_hub.grouped_items
  from (
    select
      array_agg(i.text order by i.ord),
      case when bool_or(i.business_id <> '') then array_agg(i.business_id order by i.ord) end,
      case when bool_or(i.context is not null) then array_agg(i.context order by i.ord) end,
      case when bool_or(i.format <> 'auto') then array_agg(i.format order by i.ord) end,
      case when bool_or(i.verbatim) then array_agg(i.verbatim order by i.ord) end,
      case when bool_or(i.lifetime is not null) then array_agg(i.lifetime order by i.ord) end,
      case when bool_or(i.hint is not null) then array_agg(i.hint order by i.ord) end,
      case when max(i.group_no) > 1 then array_agg(i.group_no order by i.ord) end
    from item as i
  ) as i
  cross join (
    select
      array_agg(g.project order by g.group_no), array_agg(g.source_locale order by g.group_no),
      array_agg(g.priority order by g.group_no), array_agg(g.forced order by g.group_no)
    from item_group as g
  ) as g
  cross join (
    select array_agg(g.group_no order by g.group_no, l.ord), array_agg(l.locale order by g.group_no, l.ord)
    from item_group as g
    cross join lateral unnest(g.target_locales) with ordinality as l (locale, ord)
  ) as w
$$;
