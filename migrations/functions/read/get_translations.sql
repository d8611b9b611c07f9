-- Reads translations into one locale: a list in the order of the items, null where there is no translation. An item names its
-- text ({text, sourceLocale?, context?, format?, project?}) or its business id ({businessId, project?}). An error names the argument or
-- the field at fault. A NULL for the items is an empty list.
--
-- One answer ends at 256 MiB. Of many large texts the smallest are shown, up to 128 MiB together; the others say that they are to be
-- read alone. Four rows always fit, so that a read of a few texts asks for no sizes.
create or replace function trans_hub.get_translations(items jsonb, target_locale text) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  misfit record;
  field text := 'target_locale';
  wanted_locale text;
  most_bytes constant bigint := 134217728;
begin
  wanted_locale := canonical_locale(get_translations.target_locale);
  if wanted_locale is null then
    raise exception using errcode = 'TH005', message = 'is missing';
  end if;
  field := 'sourceLocale';
  items := (items_of_call(items, null)).list;
  for misfit in
    select i.ord - 1 as index, f.name
    from jsonb_array_elements(items) with ordinality as i (value, ord)
    left join lateral unnest(array['text', 'businessId', 'sourceLocale', 'format', 'project']) as f (name)
      on jsonb_typeof(i.value) = 'object'
    where jsonb_typeof(i.value) <> 'object' or jsonb_typeof(i.value -> f.name) not in ('string', 'null')
    limit 1
  loop
    raise exception using errcode = 'TH001', column = coalesce(misfit.name, 'item'), message = format(
      'items[%s]%s', misfit.index, coalesce('.' || misfit.name || ' must be a string', ' must be an object')
    );
  end loop;
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
    with found as (
      select i.ord, coalesce(i.value ->> 'project', 'default') as project, f.content_no, f.context_no
      from jsonb_array_elements(items) with ordinality as i (value, ord)
      left join lateral find_row(
        coalesce(i.value ->> 'project', 'default'),
        i.value ->> 'businessId',
        canonical_locale(coalesce(i.value ->> 'sourceLocale', 'und')),
        i.value ->> 'text',
        canonical_json(normal_context(i.value -> 'context')),
        coalesce(i.value ->> 'format', 'auto')
      ) as f on true
    ), sized as (
      select f.*, sum(s.bytes) over (order by s.bytes, f.ord rows unbounded preceding) as bytes_so_far
      from found as f
      left join lateral (
        select octet_length(c.text)::bigint + coalesce((
          select octet_length(t.text) from translation as t
          where t.content_no = f.content_no and t.target_locale = wanted_locale
            and t.context_no = f.context_no and t.project = f.project
        ), 0) as bytes
        from content as c
        where jsonb_array_length(items) > 4 and c.content_no = f.content_no
        offset 0
      ) as s on true
    )
    select coalesce(
      jsonb_agg(
        translation_json(
          s.content_no, wanted_locale, s.context_no, s.project, coalesce(s.bytes_so_far, 0) <= most_bytes
        ) order by s.ord
      ),
      '[]'
    )
    from sized as s
  );
exception
  when sqlstate 'TH005' or sqlstate 'TH008' then
    -- The rules of locales and contexts do not know whose value they refuse.
    if sqlstate = 'TH008' then
      field := 'context';
    end if;
    raise exception using errcode = sqlstate, column = field, message = field || ': ' || sqlerrm;
end
$$;
