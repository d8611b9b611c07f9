-- The pairs of exactly these texts, by their places from 1: of the project, and of any other where `everywhere` says so. At most
-- twenty of a text, those of the project first. Into a language with its regions and scripts: the caller compares the locales.
create or replace function trans_hub.same_units(
  of_project text, of_target_language text, sources text[], everywhere boolean,
  out place integer, out is_own boolean, out unit_no bigint, out source text, out source_locale text, out target text,
  out target_locale text, out origin text, out made_by text, out made_at timestamptz
) returns setof record
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
begin
  return query
  select
    q.ord::integer, u.is_own, u.unit_no, q.source, u.source_locale, u.target, u.target_locale, u.origin, u.made_by, u.made_at
  from unnest(sources) with ordinality as q (source, ord)
  cross join lateral (
    select t.project = of_project as is_own, t.source_locale, u.*
    from memory_text as t
    cross join lateral (
      select u.unit_no, u.target, u.target_locale, u.origin, u.made_by, u.made_at
      from memory_unit as u
      where u.text_no = t.text_no and split_part(u.target_locale, '-', 1) = of_target_language
      offset 0
    ) as u
    where t.source_id = content_id('', q.source) and (t.project = of_project or everywhere)
    order by t.project = of_project desc, u.origin, u.made_at desc, u.unit_no desc
    limit 20
  ) as u;
end
$$;
