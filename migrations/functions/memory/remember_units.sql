-- Stores pairs of texts in the memory: with each source once for its project and locale, and its keys where the caller has them (`bands`: one array as text
-- for each, or null). Entry for entry of the arrays.
-- A pair of a row of `translation` takes the place of that row's earlier pair; an imported one that is there already is left.
-- Gives the number of pairs that were stored or changed.
--
-- It is called within the transaction of the act. It locks sources by (source_id, project, source_locale), after everything else: so two calls
-- with the same pairs wait for each other, whatever their order.
create or replace function trans_hub.remember_units(
  projects text[], source_locales text[], sources text[], bands text[], of_key_version smallint, target_locales text[],
  targets text[], of_origin text, content_nos bigint[], context_nos bigint[], people text[], times timestamptz[]
) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  ids uuid[];
  wanted bigint;
  found_nos bigint[];
  written bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('remember_units');
  end if;
  select array_agg(content_id('', s.source) order by s.ord) into ids from unnest(sources) with ordinality as s (source, ord);
  select count(*) into wanted
  from (select distinct i.id, i.project, i.source_locale from unnest(ids, projects, source_locales) as i (id, project, source_locale)) as i;
  for tries in 1..10 loop
    with made as (
      insert into memory_text (project, source_locale, source_id, source, bands, key_version)
      select distinct on (i.id, i.project, i.source_locale) i.project, i.source_locale, i.id, i.source,
        coalesce(i.bands::integer[], '{}'), case when i.bands is null then 0 else of_key_version end
      from unnest(projects, source_locales, ids, sources, bands) as i (project, source_locale, id, source, bands)
      order by i.id, i.project, i.source_locale
      on conflict on constraint memory_text_is_stored_once do nothing
      returning memory_text.text_no, memory_text.bands
    )
    insert into memory_key (band, text_no)
    select b.band, m.text_no from made as m cross join lateral unnest(m.bands) as b (band)
    order by 1, 2
    on conflict do nothing;
    -- A source that another transaction is removing is not there after its commit: then it is made anew.
    select array_agg(t.text_no) into found_nos
    from (
      select t.text_no
      from (
        select distinct i.id, i.project, i.source_locale from unnest(ids, projects, source_locales) as i (id, project, source_locale)
        order by i.id, i.project, i.source_locale
      ) as i
      cross join lateral (
        select t.text_no from memory_text as t
        where t.source_id = i.id and t.project = i.project and t.source_locale = i.source_locale
        for no key update
      ) as t
    ) as t;
    exit when cardinality(found_nos) = wanted;
  end loop;

  with item as materialized (
    select t.text_no, i.*
    from unnest(
      projects, source_locales, ids, target_locales, targets, content_nos, context_nos, people, times
    ) with ordinality as i (
      project, source_locale, id, target_locale, target, content_no, context_no, person, at, ord
    )
    cross join lateral (
      select t.text_no from memory_text as t
      where t.source_id = i.id and t.project = i.project and t.source_locale = i.source_locale
      offset 0
    ) as t
  ), of_rows as (
    insert into memory_unit as u (
      project, text_no, target_locale, target, target_id, origin, content_no, context_no, made_by, made_at
    )
    select
      i.project, i.text_no, i.target_locale, i.target, content_id(i.target_locale, i.target),
      of_origin, i.content_no, i.context_no, i.person, coalesce(i.at, now())
    from item as i
    where i.content_no is not null
    order by i.content_no, i.target_locale, i.context_no, i.project
    on conflict (content_no, target_locale, context_no, project) where origin = 'approved'
    do update set text_no = excluded.text_no, target = excluded.target, target_id = excluded.target_id,
      made_by = excluded.made_by, made_at = excluded.made_at
    returning 1
  ), imported as (
    insert into memory_unit (
      project, text_no, target_locale, target, target_id, origin, made_by, made_at
    )
    select
      i.project, i.text_no, i.target_locale, i.target, i.target_id, of_origin, i.person,
      coalesce(i.at, now())
    from (
      select distinct on (i.text_no, i.target_id) i.*
      from (select i.*, content_id(i.target_locale, i.target) as target_id from item as i where i.content_no is null) as i
      order by i.text_no, i.target_id, i.ord
    ) as i
    order by i.ord
    on conflict (text_no, target_id) where origin = 'tmx' do nothing
    returning 1
  )
  select (select count(*) from of_rows) + (select count(*) from imported) into written;
  return written;
end
$$;
