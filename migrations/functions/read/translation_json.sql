-- Translations as the library reads them, for SQL: null where there is nothing.
create or replace function trans_hub.translation_json(t trans_hub.translation) returns jsonb
language sql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select jsonb_build_object(
    'project', t.project,
    'sourceLocale', c.source_locale,
    'targetLocale', t.target_locale,
    'sourceText', c.text,
    'context', x.canonical::jsonb,
    'businessIds', coalesce((
      select jsonb_agg(s.business_id order by s.business_id)
      from source as s
      where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project and s.business_id <> ''
    ), '[]'),
    'status', t.status,
    'text', t.text,
    'engine', t.engine,
    'model', t.model,
    'flags', coalesce(to_jsonb(t.quality_flags), '[]'),
    'revision', t.revision
  ) || coalesce((
    select jsonb_build_object('error', jsonb_build_object('code', d.code, 'message', d.message))
    from (
      select d.* from dead_letter as d
      where d.content_no = t.content_no and d.target_locale = t.target_locale and d.context_no = t.context_no
        and d.project = t.project
      order by d.revision desc
      -- Or all dead letters that are open would be read for each, by the index that lists them.
      offset 0
    ) as d
    where d.replayed_at is null
    order by d.revision desc
    limit 1
  ), '{}')
  from content as c
  left join context as x on x.context_no = t.context_no
  where c.content_no = t.content_no
$$;
