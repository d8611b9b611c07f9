-- Makes the rows that are missing. Gives places in the array "wanted":
--
--   made     rows of this call
--   due      existing rows that do not satisfy the request (is_due)
--   failed   existing rows with an open dead letter, which stay as they are
create or replace function trans_hub.make_translations(
  wanted trans_hub.wanted_row[], for_engine text, out made integer[], out due integer[], out failed integer[]
)
language plpgsql volatile
as $$
declare
  verbatim_projects text[];
  verbatim_locales text[];
  verbatim_contents bigint[];
  verbatim_contexts bigint[];
  verbatim_revisions integer[];
begin
  with look as materialized (
    select w.*, t.status, t.is_due
    from unnest(wanted) as w
    left join lateral (
      select
        t.status,
        w.verbatim is null and is_due(
          t.status, t.engine, t.priority, t.expires_at, w.forced, for_engine, w.priority, w.expires_at
        ) as is_due
      from translation as t
      where t.content_no = w.content_no and t.target_locale = w.locale
        and t.context_no = w.context_no and t.project = w.project
      offset 0
    ) as t on true
  ), stored as (
    insert into translation (content_no, target_locale, context_no, project, status, priority, text, engine, expires_at)
    select
      l.content_no, l.locale, l.context_no, l.project,
      case when l.verbatim is null then 'pending' else 'translated' end::translation_status,
      l.priority, l.verbatim,
      case when l.verbatim is not null then 'none' end,
      case when l.verbatim is null then l.expires_at end
    from look as l
    where l.status is null
    order by l.content_no, l.locale, l.context_no, l.project
    on conflict do nothing
    returning content_no, target_locale, context_no, project, status, revision
  ), mine as materialized (
    -- A neighbour may have made some of them since the look. The join takes as long as the insert, and mostly it is not needed.
    select l.place
    from look as l
    where l.status is null and (select count(*) from stored) = (select count(*) from look as l where l.status is null)
    union all
    select l.place
    from look as l
    join stored as s
      on s.content_no = l.content_no and s.target_locale = l.locale and s.context_no = l.context_no and s.project = l.project
    where l.status is null and (select count(*) from stored) <> (select count(*) from look as l where l.status is null)
  )
  select
    array(select m.place from mine as m),
    -- The rows of the neighbour too: whether they do is seen under their locks.
    array(
      select l.place from look as l where l.is_due
      union all
      (select l.place from look as l where l.status is null and l.verbatim is null except select m.place from mine as m)
    ),
    array(select l.place from look as l where l.status = 'failed' and not l.is_due),
    array(select s.project from stored as s where s.status = 'translated'),
    array(select s.target_locale from stored as s where s.status = 'translated'),
    array(select s.content_no from stored as s where s.status = 'translated'),
    array(select s.context_no from stored as s where s.status = 'translated'),
    array(select s.revision from stored as s where s.status = 'translated')
  into made, due, failed, verbatim_projects, verbatim_locales, verbatim_contents, verbatim_contexts, verbatim_revisions;

  if verbatim_projects <> '{}' then
    perform count_changes(
      verbatim_projects, verbatim_locales, null,
      array_fill('translated'::translation_status, array[cardinality(verbatim_projects)])
    );
    perform write_events(
      'translated', verbatim_projects, verbatim_locales, verbatim_contents, verbatim_contexts, verbatim_revisions
    );
  end if;
end
$$;
