-- Removes rows of `translation`, which the caller holds locks on, with their dead letters, history and stale marks, counts them, and writes
-- events of this kind. Gives how many.
--
-- The locks are taken by a statement before this one, in key order: a statement that waits for a row does not see
-- a text that is stored in it meanwhile, and would leave the row standing.
create or replace function trans_hub.remove_translations(doomed tid[], event_kind text) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  removed bigint;
  projects text[];
  locales text[];
  statuses translation_status[];
  contents bigint[];
  contexts bigint[];
  revisions integer[];
begin
  if doomed is null then
    return 0;
  end if;
  with gone as (
    delete from translation as t
    where t.ctid = any (doomed)
    returning t.content_no, t.target_locale, t.context_no, t.project, t.status, t.revision
  ), letters as materialized (
    select d.ctid
    from gone as g
    cross join lateral (
      select d.ctid from dead_letter as d
      where d.content_no = g.content_no and d.target_locale = g.target_locale
        and d.context_no = g.context_no and d.project = g.project
      offset 0
    ) as d
  ), unburied as (
    delete from dead_letter as d using letters as l where d.ctid = l.ctid
  )
  select
    count(*), array_agg(g.project), array_agg(g.target_locale), array_agg(g.status), array_agg(g.content_no),
    array_agg(g.context_no), array_agg(g.revision)
  into removed, projects, locales, statuses, contents, contexts, revisions
  from gone as g;
  -- Mostly there is no memory at all.
  if exists (select from memory_unit) then
    perform forget_units(contents, locales, contexts, projects);
  end if;
  if exists (select from memory_use) then
    delete from memory_use as m
    using (
      select m.ctid
      from unnest(contents, locales, contexts, projects) as g (content_no, target_locale, context_no, project)
      cross join lateral (
        select m.ctid from memory_use as m
        where m.content_no = g.content_no and m.target_locale = g.target_locale and m.context_no = g.context_no
          and m.project = g.project
        offset 0
      ) as m
    ) as place
    where m.ctid = place.ctid;
  end if;
  -- Mostly no person has looked at any text.
  if exists (select from review_act) then
    delete from review_act as a
    using (
      select a.ctid
      from unnest(contents, locales, contexts, projects) as g (content_no, target_locale, context_no, project)
      cross join lateral (
        select a.ctid from review_act as a
        where a.content_no = g.content_no and a.target_locale = g.target_locale
          and a.context_no = g.context_no and a.project = g.project
        offset 0
      ) as a
    ) as gone
    where a.ctid = gone.ctid;
  end if;
  -- Mostly no glossary was edited.
  if exists (select from stale_mark) then
    delete from stale_mark as m
    using (
      select m.ctid
      from unnest(contents, locales, contexts, projects) as g (content_no, target_locale, context_no, project)
      cross join lateral (
        select m.ctid from stale_mark as m
        where m.content_no = g.content_no and m.target_locale = g.target_locale
          and m.context_no = g.context_no and m.project = g.project
        offset 0
      ) as m
    ) as gone
    where m.ctid = gone.ctid;
  end if;
  perform count_changes(projects, locales, statuses, null);
  perform write_events(event_kind, projects, locales, contents, contexts, revisions);
  return removed;
end
$$;
