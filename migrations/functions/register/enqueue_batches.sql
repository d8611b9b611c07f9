-- Packs pending rows into batches of one project, source locale, target locale and priority, each batch with its job. Rows keep
-- the order of the arrays, so that texts requested together are translated together; long texts go apart from short ones.
-- Context is no part of the group but travels with the item: grouping by it made 4,121 jobs out of 479.
create or replace function trans_hub.enqueue_batches(
  contents bigint[],
  locales text[],
  contexts bigint[],
  projects text[],
  revisions integer[],
  priorities smallint[],
  source_locales text[],
  bytes integer[],
  batch_size integer,
  batch_bytes integer
) returns void
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  with lane as (
    select
      r.project, r.source_locale, r.locale, r.priority, r.size, count(*)::integer as texts,
      array_agg(r.content_no order by r.ord) as content_nos,
      array_agg(r.context_no order by r.ord) as context_nos,
      array_agg(r.revision order by r.ord) as revisions
    from (
      select r.*, trans_hub.texts_a_batch(r.bytes, batch_size, batch_bytes) as size
      from unnest(contents, locales, contexts, projects, revisions, priorities, source_locales, bytes) with ordinality
        as r (content_no, locale, context_no, project, revision, priority, source_locale, bytes, ord)
    ) as r
    group by r.project, r.source_locale, r.locale, r.priority, r.size
  ), packed as (
    insert into batch (project, source_locale, target_locale, content_nos, context_nos, revisions, priority)
    select
      l.project, l.source_locale, l.locale, l.content_nos[at : at + l.size - 1], l.context_nos[at : at + l.size - 1],
      l.revisions[at : at + l.size - 1], l.priority
    from lane as l
    cross join lateral generate_series(1, l.texts, l.size) as at
    returning batch_id, project, target_locale, priority, run_at
  )
  select trans_hub.add_batch_jobs(
    array_agg(p.batch_id), array_agg(p.project), array_agg(p.target_locale), array_agg(p.priority), array_agg(p.run_at)
  )
  from packed as p
  having count(*) > 0
$$;
