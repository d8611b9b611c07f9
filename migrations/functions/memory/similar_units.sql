-- The pairs whose sources may be similar to texts: those that share two keys with one of them at least. `places` and `bands` name each key
-- of each text. Into a language with its regions and scripts: the caller compares locales and texts.
--
-- Work is bounded: the 500 latest sources of a key are looked at, at most `most` of a text are given, those with the most common keys, and at most
-- twenty pairs of a source, the latest.
create or replace function trans_hub.similar_units(
  of_project text, of_target_language text, places integer[], bands integer[], most integer,
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
  with hit as materialized (
    select q.place, k.text_no, count(*) as shared
    from unnest(places, bands) as q (place, band)
    cross join lateral (
      select k.text_no from memory_key as k where k.band = q.band order by k.text_no desc limit 500
    ) as k
    group by q.place, k.text_no
    having count(*) >= 2
  ), best as materialized (
    select h.place, h.text_no
    from (
      select h.*, row_number() over (partition by h.place order by h.shared desc, h.text_no desc) as rank from hit as h
    ) as h
    where h.rank <= most
  )
  select b.place, true, u.unit_no, t.source, t.source_locale, u.target, u.target_locale, u.origin, u.made_by, u.made_at
  from best as b
  cross join lateral (
    select t.source, t.source_locale from memory_text as t where t.text_no = b.text_no and t.project = of_project offset 0
  ) as t
  cross join lateral (
    select u.* from memory_unit as u
    where u.text_no = b.text_no and split_part(u.target_locale, '-', 1) = of_target_language
    order by u.origin, u.made_at desc, u.unit_no desc
    limit 20
  ) as u;
end
$$;
