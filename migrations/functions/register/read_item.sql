-- One item as the library writes it, checked and made whole with the defaults. Raises TH001 to TH010 (item_code).
create or replace function trans_hub.read_item(item jsonb, defaults jsonb, max_text_bytes integer) returns trans_hub.item
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  whole jsonb;
  result trans_hub.item;
  target record;
  field text;
begin
  if jsonb_typeof(item) is distinct from 'object' then
    raise exception using errcode = 'TH001', column = 'item', message = 'must be an object';
  end if;
  -- Null is absent, in the item as in the defaults.
  whole := jsonb_strip_nulls(defaults - 'context') || jsonb_strip_nulls(item - 'context');
  foreach field in array array['text', 'sourceLocale', 'businessId', 'project', 'priority', 'format'] loop
    if whole ? field and jsonb_typeof(whole -> field) <> 'string' then
      raise exception using column = field, message = 'must be a string', errcode = case field
        when 'sourceLocale' then 'TH005' when 'businessId' then 'TH006' when 'project' then 'TH007'
        when 'priority' then 'TH009' when 'format' then 'TH010' else 'TH001'
      end;
    end if;
  end loop;
  if not whole ? 'text' then
    raise exception using errcode = 'TH001', column = 'text', message = 'is missing';
  end if;
  result.text := whole ->> 'text';
  if result.text = '' then
    raise exception using errcode = 'TH002', column = 'text', message = 'is empty';
  end if;
  if octet_length(result.text) > max_text_bytes then
    raise exception using errcode = 'TH003', column = 'text', message = format('is longer than %s bytes', max_text_bytes);
  end if;

  result.project := coalesce(whole ->> 'project', 'default');
  if result.project = '' or octet_length(result.project) > 255 then
    raise exception using errcode = 'TH007', column = 'project', message = 'must be 1 to 255 bytes';
  end if;
  result.business_id := coalesce(whole ->> 'businessId', '');
  if whole ->> 'businessId' = '' or octet_length(result.business_id) > 255 then
    raise exception using errcode = 'TH006', column = 'businessId', message = 'must be 1 to 255 bytes';
  end if;

  if jsonb_typeof(whole -> 'targetLocales') is distinct from 'array' then
    raise exception using errcode = 'TH001', column = 'targetLocales', message = 'must be a list of at least one locale';
  elsif jsonb_array_length(whole -> 'targetLocales') = 0 then
    raise exception using errcode = 'TH001', column = 'targetLocales', message = 'must be a list of at least one locale';
  end if;
  begin
    field := 'sourceLocale';
    result.source_locale := canonical_locale(coalesce(whole ->> 'sourceLocale', 'und'));
    for target in
      select l.value, l.ord from jsonb_array_elements(whole -> 'targetLocales') with ordinality as l (value, ord)
    loop
      field := format('targetLocales[%s]', target.ord - 1);
      if jsonb_typeof(target.value) <> 'string' then
        raise exception using errcode = 'TH005', message = 'must be a string';
      elsif canonical_locale(target.value #>> '{}') = 'und' then
        raise exception using errcode = 'TH005', message = 'cannot be und';
      end if;
      result.target_locales := result.target_locales || canonical_locale(target.value #>> '{}');
    end loop;
  exception when sqlstate 'TH005' then
    raise exception using errcode = 'TH005', column = field, message = sqlerrm;
  end;
  if cardinality(result.target_locales) > 1 then
    result.target_locales := array(
      select l.locale from unnest(result.target_locales) with ordinality as l (locale, ord)
      group by l.locale order by min(l.ord)
    );
  end if;

  result.context := canonical_json(normal_context(coalesce(nullif(item -> 'context', 'null'), defaults -> 'context')));

  result.format := coalesce(whole ->> 'format', 'auto');
  if result.format not in ('auto', 'text', 'icu', 'i18next', 'printf', 'html', 'markdown', 'java', 'fluent', 'strftime') then
    raise exception using errcode = 'TH010', column = 'format',
      message = 'must be one of auto, text, icu, i18next, printf, html, markdown, java, fluent, strftime';
  end if;

  result.priority := case coalesce(whole ->> 'priority', 'normal')
    when 'interactive' then -1 when 'normal' then 0 when 'bulk' then 1 end;
  if result.priority is null then
    raise exception using errcode = 'TH009', column = 'priority', message = 'must be interactive, normal or bulk';
  end if;

  if whole ? 'force' and jsonb_typeof(whole -> 'force') <> 'boolean' then
    raise exception using errcode = 'TH001', column = 'force', message = 'must be true or false';
  end if;
  result.forced := coalesce((whole ->> 'force')::boolean, false);

  if whole ? 'expiresAfterSeconds' then
    if jsonb_typeof(whole -> 'expiresAfterSeconds') <> 'number'
      or (whole ->> 'expiresAfterSeconds')::numeric not between 1 and 2147483647
      or (whole ->> 'expiresAfterSeconds')::numeric % 1 <> 0
    then
      raise exception using errcode = 'TH001', column = 'expiresAfterSeconds',
        message = 'must be a whole number from 1 to 2147483647';
    end if;
    result.lifetime := (whole ->> 'expiresAfterSeconds')::numeric::integer;
  end if;
  if whole ? 'hint' then
    result.hint := jsonb_strip_nulls(whole -> 'hint');
    if not are_hints(array[result.hint]) then
      raise exception using errcode = 'TH001', column = 'hint', message = hint_problem();
    end if;
  end if;
  result.verbatim := is_verbatim(result.text);
  return result;
end
$$;
