-- Of the text that was seen last under a business id.
create or replace function trans_hub.read_by_business_id(projects text[], target_locales text[], of_business_ids text[])
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
