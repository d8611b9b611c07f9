-- Removes what stands beside rows of `translation` that this transaction has removed, entry for entry: their pairs in the memory and their
-- uses of it, their history and their stale marks. Null: there are none.
create or replace function trans_hub.remove_beside(contents bigint[], locales text[], contexts bigint[], projects text[]) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
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
end
$$;
