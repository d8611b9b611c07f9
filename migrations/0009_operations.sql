-- What roles with few rights stand on, and when a backup was made.
--
-- Safe while the previous release runs: it only adds.

-- Up Migration

-- The names of ours from `newest` on, and the newest of graphile-worker's that breaks with who knows none beyond
-- `newest_graphile`. For everybody who connects: a role that may ask for it may read neither table.
create function trans_hub.schema_state(newest text, newest_graphile integer, out names text[], out newer_graphile integer)
language plpgsql stable security definer
set search_path = pg_catalog, trans_hub, pg_temp
as $$
begin
  select
    array(select m.name from trans_hub.migration as m where m.name >= newest order by m.name),
    (select max(g.id) from graphile_worker.migrations as g where g.breaking and g.id > newest_graphile)
  into names, newer_graphile;
end
$$;

-- Reading by who may read no table: only what one can name, a text or a business id. plpgsql, for it keeps its plans. Every
-- look-up is a lateral subquery that "offset 0" keeps one. Written as joins, the planner read whole tables until they were
-- first analyzed, which is every first import: 185 s for 1,000 reads among 100,000 rows, against 0.1. And whether a dead letter
-- is open is asked outside of its look-up: inside, all that are open are read for each text, by the index that lists them.
-- What the reader has said is not told back: a third of the time would be spent on writing and reading it.
create function trans_hub.read_by_text(
  projects text[], target_locales text[], source_locales text[], texts text[], contexts text[], formats text[]
) returns table (
  ord integer, business_ids text[], status text, text text, engine text, model text, flags text[], revision integer,
  error_code text, error_message text
)
language plpgsql stable security definer rows 100
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
begin
  return query
  select
    r.ord::integer,
    nullif(array(
      select s.business_id from source as s
      where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project and s.business_id <> ''
      order by s.business_id
    ), '{}'),
    t.status::text, t.text, t.engine, t.model, t.quality_flags, t.revision, d.code, d.message
  from unnest(projects, target_locales, source_locales, texts, contexts, formats)
    with ordinality as r (project, target_locale, source_locale, text, context, format, ord)
  cross join lateral (
    select c.* from content as c where c.content_id = content_id(r.source_locale, r.text) offset 0
  ) as c
  left join lateral (
    select x.* from context as x
    -- Most have none, and making an identity takes a while.
    where (r.context is not null or r.format <> 'auto') and x.context_id = context_id(r.context, r.format)
    offset 0
  ) as x on true
  cross join lateral (
    select t.* from translation as t
    where t.content_no = c.content_no
      and t.target_locale = r.target_locale
      and t.context_no = case when r.context is null and r.format = 'auto' then 0 else x.context_no end
      and t.project = r.project
    offset 0
  ) as t
  left join lateral (
    select d.code, d.message
    from (
      select d.* from dead_letter as d
      where d.content_no = t.content_no and d.target_locale = t.target_locale and d.context_no = t.context_no
        and d.project = t.project
      order by d.revision desc
      offset 0
    ) as d
    where d.replayed_at is null
    order by d.revision desc
    limit 1
  ) as d on true;
end
$$;

-- Of the text that was seen last under a business id.
create function trans_hub.read_by_business_id(projects text[], target_locales text[], of_business_ids text[])
returns table (
  ord integer, source_locale text, source_text text, canonical text, business_ids text[], status text, text text,
  engine text, model text, flags text[], revision integer, error_code text, error_message text
)
language plpgsql stable security definer rows 100
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
begin
  return query
  select
    r.ord::integer, c.source_locale, c.text, x.canonical,
    nullif(array(
      select s.business_id from source as s
      where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project and s.business_id <> ''
      order by s.business_id
    ), '{}'),
    t.status::text, t.text, t.engine, t.model, t.quality_flags, t.revision, d.code, d.message
  from unnest(projects, target_locales, of_business_ids) with ordinality as r (project, target_locale, business_id, ord)
  cross join lateral (
    select s.content_no, s.context_no from source as s
    where s.project = r.project and s.business_id = r.business_id
    order by s.last_seen_at desc, s.content_no desc
    limit 1
  ) as s
  cross join lateral (
    select t.* from translation as t
    where t.content_no = s.content_no
      and t.target_locale = r.target_locale
      and t.context_no = s.context_no
      and t.project = r.project
    offset 0
  ) as t
  cross join lateral (select c.* from content as c where c.content_no = t.content_no offset 0) as c
  left join lateral (select x.* from context as x where x.context_no = t.context_no offset 0) as x on true
  left join lateral (
    select d.code, d.message
    from (
      select d.* from dead_letter as d
      where d.content_no = t.content_no and d.target_locale = t.target_locale and d.context_no = t.context_no
        and d.project = t.project
      order by d.revision desc
      offset 0
    ) as d
    where d.replayed_at is null
    order by d.revision desc
    limit 1
  ) as d on true;
end
$$;

-- Backups that succeeded, written by who makes them (deploy/backup/backup.sh). Here and not beside the files, so that
-- whoever can ask the database can ask how old the last one is.
create table trans_hub.backup_run (
  id bigint generated always as identity primary key,
  -- What was committed before is in it.
  started_at timestamptz not null,
  finished_at timestamptz not null default now(),
  bytes bigint,
  -- Such as pg_dump, or the name of the tool that archives.
  made_by text not null,
  constraint backup_run_ends_after_its_start check (finished_at >= started_at)
);

revoke execute on function trans_hub.schema_state, trans_hub.read_by_text, trans_hub.read_by_business_id from public;

-- Down Migration
drop table trans_hub.backup_run;
drop function trans_hub.read_by_business_id, trans_hub.read_by_text, trans_hub.schema_state;
