-- For each item, whether its new rows would go over the bound; null where all items fit. Items are admitted in their order,
-- as long as there is room. A row that is there needs no room, unless it is to be translated anew.
create or replace function trans_hub.refused_items(items trans_hub.grouped_items, bound bigint) returns boolean[]
language plpgsql stable
as $$
declare
  wants want[] := wants_of(items);
  room bigint := bound - waiting_texts();
  asked bigint;
  refused boolean[];
begin
  select count(*) into asked
  from unnest(items.texts, items.item_groups) as i (text, group_no)
  join unnest(wants) as w on w.group_no = coalesce(i.group_no, 1);
  if room >= asked then
    return null;
  end if;

  select array_agg(i.new_rows > 0 and i.sum_of_new_rows > room order by i.ord)
  into refused
  from (
    select i.ord, i.new_rows, sum(i.new_rows) over (order by i.ord) as sum_of_new_rows
    from (
      select i.ord, count(*) filter (where work.is_new) as new_rows
      from (
        select i.text, i.context, coalesce(i.format, 'auto') as format, coalesce(i.verbatim, false) as is_verbatim,
          coalesce(i.group_no, 1) as group_no, i.ord
        from unnest(items.texts, items.contexts, items.formats, items.verbatim, items.item_groups) with ordinality
          as i (text, context, format, verbatim, group_no, ord)
      ) as i
      left join unnest(wants) as w on w.group_no = i.group_no
      cross join lateral (
        select w.locale is not null and not i.is_verbatim and w.locale <> w.source_locale and coalesce((
          select w.forced and t.status in ('translated', 'failed')
          from find_row(w.project, null, w.source_locale, i.text, i.context, i.format) as f
          join translation as t
            on t.content_no = f.content_no and t.context_no = f.context_no and t.target_locale = w.locale
            and t.project = w.project
        ), true) as is_new
      ) as work
      group by i.ord
    ) as i
  ) as i;
  return case when true = any (refused) then refused end;
end
$$;
