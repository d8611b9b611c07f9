-- register(), unless too much waits already: then new work is refused, item by item, and what is there passes as ever.
-- Of refused, null says that no item is.
--
-- The bound is max_backlog, or without one the setting trans_hub.max_backlog (alter database … set trans_hub.max_backlog),
-- in texts that wait in batches. It is a bound on load and no quota: calls at the same moment may go over it together.
create or replace function trans_hub.register_bounded(
  texts text[],
  business_ids text[],
  contexts text[],
  formats text[],
  verbatim boolean[],
  lifetimes integer[],
  item_groups integer[],
  group_projects text[],
  group_source_locales text[],
  group_priorities smallint[],
  group_forced boolean[],
  want_groups integer[],
  want_locales text[],
  batch_size integer,
  batch_bytes integer,
  touch_after interval,
  for_engine text,
  lock_timeout_ms integer,
  max_backlog bigint,
  out registered integer[],
  out existing integer[],
  out failed integer[],
  out refused boolean[]
)
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  room bigint := coalesce(max_backlog, nullif(current_setting('trans_hub.max_backlog', true), '')::bigint);
  asked bigint;
  admitted integer[];
begin
  if room is not null then
    select room - coalesce(sum(cardinality(b.content_nos)), 0) into room from batch as b;
    select count(*) into asked
    from unnest(texts, item_groups) as i (text, group_no)
    join unnest(want_groups) as w (group_no) on w.group_no = coalesce(i.group_no, 1);
  end if;
  if room is null or room >= asked then
    select r.registered, r.existing, r.failed into registered, existing, failed
    from register(
      texts, business_ids, contexts, formats, verbatim, lifetimes, item_groups, group_projects, group_source_locales,
      group_priorities, group_forced, want_groups, want_locales, batch_size, batch_bytes, touch_after, for_engine,
      lock_timeout_ms
    ) as r;
    return;
  end if;

  -- In their order, as long as there is room; what is no new work needs none.
  select array_agg(i.ord order by i.ord) filter (where not i.is_refused), array_agg(i.is_refused order by i.ord)
  into admitted, refused
  from (
    select i.ord, i.new_rows > 0 and sum(i.new_rows) over (order by i.ord) > room as is_refused
    from (
      select i.ord::integer as ord, count(*) filter (where work.is_new) as new_rows
      from (
        select
          group_projects[i.group_no] as project, group_source_locales[i.group_no] as source_locale, i.text, i.context,
          i.format, i.is_verbatim, group_forced[i.group_no] as is_forced, i.group_no, i.ord
        from (
          select i.text, i.context, coalesce(i.format, 'auto') as format, coalesce(i.verbatim, false) as is_verbatim,
            coalesce(i.group_no, 1) as group_no, i.ord
          from unnest(texts, contexts, formats, verbatim, item_groups) with ordinality
            as i (text, context, format, verbatim, group_no, ord)
        ) as i
      ) as i
      left join unnest(want_groups, want_locales) as p (group_no, locale) using (group_no)
      cross join lateral (
        select p.locale is not null and not i.is_verbatim and p.locale <> i.source_locale and coalesce((
          select i.is_forced and t.status in ('translated', 'failed')
          from find_row(
            i.project, null, i.source_locale, i.text, canonical_json(i.context::jsonb), i.format
          ) as f
          join translation as t
            on t.content_no = f.content_no and t.context_no = f.context_no and t.target_locale = p.locale
            and t.project = i.project
        ), true) as is_new
      ) as work
      group by i.ord
    ) as i
  ) as i;

  if admitted is not null then
    select r.registered, r.existing, r.failed into registered, existing, failed
    from (
      select
        array_agg(texts[n.item] order by n.ord) as texts,
        case when business_ids is not null then array_agg(business_ids[n.item] order by n.ord) end as business_ids,
        case when contexts is not null then array_agg(contexts[n.item] order by n.ord) end as contexts,
        case when formats is not null then array_agg(formats[n.item] order by n.ord) end as formats,
        case when verbatim is not null then array_agg(verbatim[n.item] order by n.ord) end as verbatim,
        case when lifetimes is not null then array_agg(lifetimes[n.item] order by n.ord) end as lifetimes,
        case when item_groups is not null then array_agg(item_groups[n.item] order by n.ord) end as item_groups
      from unnest(admitted) with ordinality as n (item, ord)
    ) as i
    cross join lateral register(
      i.texts, i.business_ids, i.contexts, i.formats, i.verbatim, i.lifetimes, i.item_groups, group_projects,
      group_source_locales, group_priorities, group_forced, want_groups, want_locales, batch_size, batch_bytes, touch_after,
      for_engine, lock_timeout_ms
    ) as r;
  end if;
  select
    array_agg(coalesce(registered[n.ord], 0) order by i.ord),
    case when existing is not null then array_agg(coalesce(existing[n.ord], 0) order by i.ord) end,
    case when failed is not null then array_agg(coalesce(failed[n.ord], 0) order by i.ord) end
  into registered, existing, failed
  from generate_series(1, cardinality(texts)) as i (ord)
  left join unnest(admitted) with ordinality as n (item, ord) on n.item = i.ord;
end
$$;
