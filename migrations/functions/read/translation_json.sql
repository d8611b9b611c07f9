-- A translation as the library reads it, as JSON for SQL: null where there is none. Without `with_texts` its texts are left out, and
-- it says that the answer was too long for them. A source over 16 MiB is shown as '': see row_state.
create or replace function trans_hub.translation_json(
  of_content_no bigint, of_target_locale text, of_context_no bigint, of_project text,
  with_texts boolean default true
) returns jsonb
language sql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select jsonb_build_object(
    'project', of_project,
    'sourceLocale', c.source_locale,
    'targetLocale', of_target_locale,
    'sourceText', case when with_texts and octet_length(c.text) <= 16777216 then c.text else '' end,
    'context', x.canonical::jsonb,
    'businessIds', coalesce(to_jsonb(t.business_ids), '[]'),
    'status', t.status,
    'text', case when with_texts then t.text end,
    'engine', t.engine,
    'model', t.model,
    'flags', coalesce(to_jsonb(t.flags), '[]'),
    'revision', t.revision
  ) || case
    when not with_texts then jsonb_build_object(
      'error', jsonb_build_object('code', 'TH_TEXT_TOO_LONG', 'message', 'The answer is too long for this text: read it alone')
    )
    when octet_length(c.text) > 16777216 then jsonb_build_object(
      'error', jsonb_build_object('code', 'TH_TEXT_TOO_LONG', 'message', 'The stored text is longer than 16777216 bytes')
    )
    when t.error_code is null then '{}'
    else jsonb_build_object('error', jsonb_build_object('code', t.error_code, 'message', t.error_message))
  end
  from stored_text(of_content_no, of_target_locale, of_context_no, of_project) as t
  cross join content as c
  left join context as x on x.context_no = of_context_no
  where c.content_no = of_content_no
$$;
