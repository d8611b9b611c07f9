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
