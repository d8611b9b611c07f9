-- Bounds on what may wait. Safe while the previous release runs: it goes on registering without a bound.

-- Up Migration

-- register(), unless too much waits already: then new work is refused, item by item, and what is there passes as ever.
--
-- The bound is max_backlog, or without one the setting trans_hub.max_backlog (alter database … set trans_hub.max_backlog),
-- in texts that wait in batches. It is a bound on load and no quota: calls at the same moment may go over it together.
create function trans_hub.register_bounded(
  projects text[],
  business_ids text[],
  source_locales text[],
  texts text[],
  contexts text[],
  formats text[],
  verbatim boolean[],
  priorities smallint[],
  forced boolean[],
  lifetimes integer[],
  pair_items integer[],
  pair_locales text[],
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
  admitted integer[];
begin
  if room is not null then
    select room - coalesce(sum(cardinality(b.content_nos)), 0) into room from batch as b;
  end if;
  if room is null or room >= coalesce(cardinality(pair_items), 0) then
    select r.registered, r.existing, r.failed into registered, existing, failed
    from register(
      projects, business_ids, source_locales, texts, contexts, formats, verbatim, priorities, forced, lifetimes,
      pair_items, pair_locales, batch_size, batch_bytes, touch_after, for_engine, lock_timeout_ms
    ) as r;
    refused := array_fill(false, array[cardinality(texts)]);
    return;
  end if;

  -- In their order, as long as there is room; what is no new work needs none.
  select array_agg(i.ord order by i.ord) filter (where not i.is_refused), array_agg(i.is_refused order by i.ord)
  into admitted, refused
  from (
    select i.ord, i.new_rows > 0 and sum(i.new_rows) over (order by i.ord) > room as is_refused
    from (
      select i.ord::integer as ord, count(*) filter (where work.is_new) as new_rows
      from unnest(projects, source_locales, texts, contexts, formats, verbatim, forced)
        with ordinality as i (project, source_locale, text, context, format, is_verbatim, is_forced, ord)
      left join unnest(pair_items, pair_locales) as p (item, locale) on p.item = i.ord
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
        array_agg(projects[n.item] order by n.ord) as projects,
        array_agg(business_ids[n.item] order by n.ord) as business_ids,
        array_agg(source_locales[n.item] order by n.ord) as source_locales,
        array_agg(texts[n.item] order by n.ord) as texts,
        array_agg(contexts[n.item] order by n.ord) as contexts,
        array_agg(formats[n.item] order by n.ord) as formats,
        array_agg(verbatim[n.item] order by n.ord) as verbatim,
        array_agg(priorities[n.item] order by n.ord) as priorities,
        array_agg(forced[n.item] order by n.ord) as forced,
        case when lifetimes is not null then array_agg(lifetimes[n.item] order by n.ord) end as lifetimes
      from unnest(admitted) with ordinality as n (item, ord)
    ) as i
    cross join (
      select array_agg(n.ord::integer order by p.ord) as items, array_agg(p.locale order by p.ord) as locales
      from unnest(pair_items, pair_locales) with ordinality as p (item, locale, ord)
      join unnest(admitted) with ordinality as n (item, ord) on n.item = p.item
    ) as p
    cross join lateral register(
      i.projects, i.business_ids, i.source_locales, i.texts, i.contexts, i.formats, i.verbatim, i.priorities, i.forced,
      i.lifetimes, p.items, p.locales, batch_size, batch_bytes, touch_after, for_engine, lock_timeout_ms
    ) as r;
  end if;
  select
    array_agg(coalesce(registered[n.ord], 0) order by i.ord),
    array_agg(coalesce(existing[n.ord], 0) order by i.ord),
    array_agg(coalesce(failed[n.ord], 0) order by i.ord)
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
  from (
    select
      array_agg(i.project order by i.ord) as projects,
      array_agg(i.business_id order by i.ord) as business_ids,
      array_agg(i.source_locale order by i.ord) as source_locales,
      array_agg(i.text order by i.ord) as texts,
      array_agg(i.context order by i.ord) as contexts,
      array_agg(i.format order by i.ord) as formats,
      array_agg(i.verbatim order by i.ord) as verbatim,
      array_agg(i.priority order by i.ord) as priorities,
      array_agg(i.forced order by i.ord) as forced,
      case when count(i.lifetime) > 0 then array_agg(i.lifetime order by i.ord) end as lifetimes
    from unnest(read.good) with ordinality
      as i (project, business_id, source_locale, text, context, format, verbatim, priority, forced, target_locales, lifetime, ord)
  ) as i
  cross join (
    select array_agg(i.ord::integer order by i.ord, l.ord) as items, array_agg(l.locale order by i.ord, l.ord) as locales
    from unnest(read.good) with ordinality
      as i (project, business_id, source_locale, text, context, format, verbatim, priority, forced, target_locales, lifetime, ord)
    cross join lateral unnest(i.target_locales) with ordinality as l (locale, ord)
  ) as p
  cross join lateral register_bounded(
    i.projects, i.business_ids, i.source_locales, i.texts, i.contexts, i.formats, i.verbatim, i.priorities, i.forced,
    i.lifetimes, p.items, p.locales, 50, 32768, interval '1 day', defaults ->> 'engine', 200, null
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
