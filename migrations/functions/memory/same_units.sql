-- The best pair of exactly each of these texts, by their places from 1: of the project first, then of any other where `everywhere` says
-- so, approved before imported, and the latest.
create or replace function trans_hub.same_units(
  of_project text, of_language text, of_target_keys text[], sources text[], everywhere boolean,
  out place integer, out unit_no bigint, out source text, out source_locale text, out target text, out target_locale text,
  out origin text, out made_by text, out made_at timestamptz
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
  select q.ord::integer, u.unit_no, q.source, u.source_locale, u.target, u.target_locale, u.origin, u.made_by, u.made_at
  from unnest(sources) with ordinality as q (source, ord)
  cross join lateral (
    select u.*
    from memory_text as t
    cross join lateral (
      select u.* from memory_unit as u where u.text_no = t.text_no and u.target_key = any (of_target_keys) offset 0
    ) as u
    where t.source_id = content_id('', q.source)
      and (t.project = of_project or everywhere)
      and (t.language = of_language or 'und' in (t.language, of_language))
    order by t.project = of_project desc, array_position(of_target_keys, u.target_key), u.origin, u.made_at desc, u.unit_no desc
    limit 1
  ) as u;
end
$$;
