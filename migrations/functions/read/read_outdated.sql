-- Of business ids, the translations of the texts that they stood for before: of each id, the text that was seen last of those that
-- have a translation, without the one that it stands for now. `ord` counts the ids from 1; an id without such a text has no row.
--
-- Readers ask for it only where the present text has no translation yet, so no other read pays for it.
create or replace function trans_hub.read_outdated(
  projects text[], target_locales text[], of_business_ids text[], only_approved boolean
) returns table (ord integer, text text, engine text, model text, flags text[])
language sql stable security definer rows 100
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
as $$
  select r.ord::integer, o.text, o.engine, o.model, o.quality_flags
  from unnest(projects, target_locales, of_business_ids) with ordinality as r (project, target_locale, business_id, ord)
  cross join lateral (
    select t.text, t.engine, t.model, t.quality_flags
    from (
      select s.content_no, s.context_no, s.last_seen_at from source as s
      where s.project = r.project and s.business_id = r.business_id
      order by s.last_seen_at desc, s.content_no desc
      limit 100 offset 1
    ) as s
    cross join lateral (
      select t.* from translation as t
      where t.content_no = s.content_no and t.target_locale = r.target_locale and t.context_no = s.context_no
        and t.project = r.project and octet_length(t.text) <= 16777216 and (t.status = 'approved' or not only_approved)
      offset 0
    ) as t
    order by s.last_seen_at desc, s.content_no desc
    limit 1
  ) as o
$$;
