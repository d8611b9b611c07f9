-- Reads translations into one locale: a list in the order of the items, null where there is no translation. An item names its
-- text ({text, sourceLocale?, context?, format?, project?}) or its business id ({businessId, project?}).
create or replace function trans_hub.get_translations(items jsonb, target_locale text) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  wanted_locale text := canonical_locale(get_translations.target_locale);
begin
  if wanted_locale is null then
    raise exception using errcode = 'TH005', column = 'target_locale', message = 'is missing';
  end if;
  if jsonb_typeof(items) = 'object' then
    items := jsonb_build_array(items);
  elsif jsonb_typeof(items) is distinct from 'array' then
    raise exception using errcode = 'TH001', message = 'items must be a list of items, or one item';
  end if;
  perform touch(
    array_agg(coalesce(i.value ->> 'project', 'default') order by i.ord),
    array_agg(i.value ->> 'businessId' order by i.ord),
    array_agg(canonical_locale(coalesce(i.value ->> 'sourceLocale', 'und')) order by i.ord),
    array_agg(i.value ->> 'text' order by i.ord),
    array_agg(canonical_json(normal_context(i.value -> 'context')) order by i.ord),
    array_agg(coalesce(i.value ->> 'format', 'auto') order by i.ord),
    interval '1 day'
  )
  from jsonb_array_elements(items) with ordinality as i (value, ord);
  return (
    select coalesce(
      jsonb_agg(
        translation_json(f.content_no, wanted_locale, f.context_no, coalesce(i.value ->> 'project', 'default')) order by i.ord
      ),
      '[]'
    )
    from jsonb_array_elements(items) with ordinality as i (value, ord)
    left join lateral find_row(
      coalesce(i.value ->> 'project', 'default'),
      i.value ->> 'businessId',
      canonical_locale(coalesce(i.value ->> 'sourceLocale', 'und')),
      i.value ->> 'text',
      canonical_json(normal_context(i.value -> 'context')),
      coalesce(i.value ->> 'format', 'auto')
    ) as f on true
  );
end
$$;
