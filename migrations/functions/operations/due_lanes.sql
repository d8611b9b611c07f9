-- Lanes with work that is due and not paused. "materialized", so that pauses are asked once a lane: PostgreSQL otherwise moves the
-- question below the grouping, and asks it for each of 100,000 batches, which takes ten times as long.
create or replace function trans_hub.due_lanes(out texts bigint, out since timestamptz) returns setof record
language sql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  with lane as materialized (
    select
      b.project, b.target_locale, sum(cardinality(b.content_nos))::bigint as texts, min(greatest(b.created_at, b.run_at)) as since
    from batch as b
    where b.run_at <= now()
    group by b.project, b.target_locale
  )
  select l.texts, l.since from lane as l where not is_paused(l.project, l.target_locale)
  union all
  select sum(i.item_count)::bigint, min(greatest(i.created_at, i.run_at))
  from inbox as i
  where i.refused is null and i.run_at <= now()
  having count(*) > 0
$$;
