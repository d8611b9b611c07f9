-- What a scaler asks. Safe while the previous release runs: it adds functions and nothing else.
--
-- Texts, not free jobs: a worker claims far ahead of its slots, so few jobs are free while thousands of texts wait. What is in
-- hand counts, or a fleet would be scaled away from under the work it does. What is due later does not, nor what is paused: more
-- workers would do nothing about it. What waits in the inbox does: with no worker alive nobody registers it.

-- Up Migration

-- Lanes with work that is due and not paused. "materialized", so that the pauses are asked once a lane: PostgreSQL moves the
-- question below the grouping otherwise, and asks it for each of 100,000 batches, ten times as long.
create function trans_hub.due_lanes(out texts bigint, out since timestamptz) returns setof record
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
  select sum(jsonb_array_length(i.items))::bigint, min(greatest(i.created_at, i.run_at))
  from inbox as i
  where i.refused is null and i.run_at <= now()
  having count(*) > 0
$$;

-- Texts that somebody should be working on now: waiting or in hand. In the inbox an item counts as one.
create function trans_hub.ready_texts() returns bigint
language sql stable security definer
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select coalesce(sum(l.texts), 0)::bigint from trans_hub.due_lanes() as l
$$;

-- For how many seconds the oldest of them is due; 0: there is none.
create function trans_hub.oldest_ready_seconds() returns double precision
language sql stable security definer
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select coalesce(greatest(0, extract(epoch from now() - min(l.since))), 0)::double precision from trans_hub.due_lanes() as l
$$;

revoke execute on function trans_hub.due_lanes, trans_hub.ready_texts, trans_hub.oldest_ready_seconds from public;

-- Down Migration
drop function trans_hub.oldest_ready_seconds, trans_hub.ready_texts, trans_hub.due_lanes;
