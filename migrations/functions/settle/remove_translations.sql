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
  perform remove_beside(contents, locales, contexts, projects);
  perform count_changes(projects, locales, statuses, null);
  perform write_events(event_kind, projects, locales, contents, contexts, revisions);
  return removed;
end
$$;
