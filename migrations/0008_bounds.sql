-- Bounds on what may wait. Safe while the previous release runs: it goes on registering without a bound.

-- Up Migration

-- register(), unless too much waits already: then new work is refused, item by item, and what is there passes as ever.
-- Of refused, null says that no item is.
--
-- The bound is max_backlog, or without one the setting trans_hub.max_backlog (alter database … set trans_hub.max_backlog),
-- in texts that wait in batches. It is a bound on load and no quota: calls at the same moment may go over it together.
create function trans_hub.register_bounded(
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

-- As it was, and within the bound of the database.
create or replace function trans_hub.request(items jsonb, defaults jsonb default '{}') returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  read record;
  receipt record;
  refusals jsonb;
begin
  select r.good, r.rejected into read from read_items(items, defaults, 1048576) as r;
  select
    coalesce((select sum(n) from unnest(r.registered) as n), 0) as registered,
    coalesce((select sum(n) from unnest(r.existing) as n), 0) as existing,
    coalesce((select sum(n) from unnest(r.failed) as n), 0) as failed,
    r.refused
  into receipt
  from item_columns(read.good) as i
  cross join lateral register_bounded(
    i.texts, i.business_ids, i.contexts, i.formats, i.verbatim, i.lifetimes, i.item_groups, i.group_projects,
    i.group_source_locales, i.group_priorities, i.group_forced, i.want_groups, i.want_locales, 50, 32768, interval '1 day',
    defaults ->> 'engine', 200, null
  ) as r
  where cardinality(read.good) > 0;

  -- The good items stand where no refused one does.
  select coalesce(jsonb_agg(
    jsonb_build_object('index', g.index, 'code', 'TH_BACKLOG_FULL', 'message', 'as much waits as may wait: try again later')
    order by g.index
  ), '[]')
  into refusals
  from (
    select i.index, row_number() over (order by i.index) as ord
    from generate_series(0, cardinality(read.good) + jsonb_array_length(read.rejected) - 1) as i (index)
    where not exists (
      select from jsonb_array_elements(read.rejected) as r (value) where (r.value ->> 'index')::integer = i.index
    )
  ) as g
  where receipt.refused[g.ord];

  return jsonb_build_object(
    'registered', coalesce(receipt.registered, 0),
    'existing', coalesce(receipt.existing, 0),
    'failed', coalesce(receipt.failed, 0),
    'rejected', read.rejected || refusals
  );
end
$$;

revoke execute on function trans_hub.register_bounded from public;

-- Down Migration
create or replace function trans_hub.request(items jsonb, defaults jsonb default '{}') returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  read record;
  receipt record;
begin
  select r.good, r.rejected into read from read_items(items, defaults, 1048576) as r;
  select r.registered, r.existing, r.failed into receipt from register_read(read.good, defaults ->> 'engine', 200) as r;
  return jsonb_build_object(
    'registered', receipt.registered, 'existing', receipt.existing, 'failed', receipt.failed, 'rejected', read.rejected
  );
end
$$;

drop function trans_hub.register_bounded;
