-- Reads translations into one locale: a list in the order of the items, null where there is no translation. An item names its
-- text ({text, sourceLocale?, context?, format?, project?}) or its business id ({businessId, project?}). An error names the argument or
-- the field at fault. A NULL for the items is an empty list.
--
-- With prefer 'approved', a translation that no person has approved has no text: its status says why.
--
-- One answer ends at 256 MiB. Of many large texts the smallest are shown, up to 128 MiB together; the others say that they are to be
-- read alone. Four rows always fit, so that a read of a few texts asks for no sizes. A source over 16 MiB is shown as '': see
-- row_state.
--
-- The fields of the items are read once, and one statement makes the answer: a function for each translation took 25 µs, and half
-- of the reading of a hundred.
create or replace function trans_hub.get_translations(
  items jsonb, target_locale text, prefer text default 'approved-or-translated'
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  misfit record;
  field text := 'target_locale';
  named record;
  wanted_locale text;
  are_shown boolean[];
  most_bytes constant bigint := 134217728;
begin
  wanted_locale := canonical_locale(get_translations.target_locale);
  if wanted_locale is null then
    raise exception using errcode = 'TH005', message = 'is missing';
  end if;
  if prefer is null or prefer not in ('approved', 'approved-or-translated') then
    raise exception using errcode = 'TH001', column = 'prefer', message = 'prefer: must be one of approved, approved-or-translated';
  end if;
  field := 'sourceLocale';
  items := (items_of_call(items, null)).list;
  -- One expression says whether there is a misfit, and a query then finds it.
  if jsonb_path_exists(items, 'strict $[*] ? (@.type() != "object"
    || @.text.type() != "string" && @.text.type() != "null" || @.businessId.type() != "string" && @.businessId.type() != "null"
    || @.sourceLocale.type() != "string" && @.sourceLocale.type() != "null"
    || @.format.type() != "string" && @.format.type() != "null" || @.project.type() != "string" && @.project.type() != "null")')
  then
    select i.ord - 1 as index, f.name
    into misfit
    from jsonb_array_elements(items) with ordinality as i (value, ord)
    left join lateral unnest(array['text', 'businessId', 'sourceLocale', 'format', 'project']) as f (name)
      on jsonb_typeof(i.value) = 'object'
    where jsonb_typeof(i.value) <> 'object' or jsonb_typeof(i.value -> f.name) not in ('string', 'null')
    limit 1;
    raise exception using errcode = 'TH001', column = coalesce(misfit.name, 'item'), message = format(
      'items[%s]%s', misfit.index, coalesce('.' || misfit.name || ' must be a string', ' must be an object')
    );
  end if;
  -- In the order of the list, as the function gives it.
  select
    array_agg(i.project) as projects, array_agg(i.business_id) as business_ids, array_agg(i.source_locale) as source_locales,
    array_agg(i.text) as texts, array_agg(i.context) as contexts, array_agg(i.format) as formats,
    array_agg(f.content_no) as content_nos, array_agg(f.context_no) as context_nos
  into named
  from (
    select
      coalesce(i.value ->> 'project', 'default') as project, i.value ->> 'businessId' as business_id,
      canonical_locale(coalesce(i.value ->> 'sourceLocale', 'und')) as source_locale, i.value ->> 'text' as text,
      canonical_json(normal_context(i.value -> 'context')) as context, coalesce(i.value ->> 'format', 'auto') as format
    from jsonb_array_elements(items) as i (value)
    offset 0
  ) as i
  cross join lateral find_row(i.project, i.business_id, i.source_locale, i.text, i.context, i.format) as f;
  perform touch(
    named.projects, named.business_ids, named.source_locales, named.texts, named.contexts, named.formats, interval '1 day'
  );
  if jsonb_array_length(items) > 4 then
    are_shown := array(
      select coalesce(s.bytes_so_far, 0) <= most_bytes
      from (
        select r.ord, sum(s.bytes) over (order by s.bytes, r.ord rows unbounded preceding) as bytes_so_far
        from unnest(named.projects, named.content_nos, named.context_nos) with ordinality as r (project, content_no, context_no, ord)
        left join lateral (
          select octet_length(c.text)::bigint + coalesce((
            select octet_length(t.text) from translation as t
            where t.content_no = r.content_no and t.target_locale = wanted_locale
              and t.context_no = r.context_no and t.project = r.project
          ), 0) as bytes
          from content as c
          where c.content_no = r.content_no
          offset 0
        ) as s on true
      ) as s
      order by s.ord
    );
  end if;
  return (
    select coalesce(
      jsonb_agg(
        case when t.status is not null then jsonb_build_object(
          'id', t.id,
          'project', s.project,
          'sourceLocale', c.source_locale,
          'targetLocale', wanted_locale,
          'sourceText', case when s.is_shown is not false and octet_length(c.text) <= 16777216 then c.text else '' end,
          'context', x.canonical::jsonb,
          'businessIds', coalesce(to_jsonb(t.business_ids), '[]'),
          'status', t.status,
          'text', case when s.is_shown is not false and w.has_text then t.text end,
          'engine', case when w.has_text then t.engine end,
          'model', case when w.has_text then t.model end,
          'flags', case when w.has_text then coalesce(to_jsonb(t.flags), '[]') else '[]' end,
          'revision', t.revision
        ) || case
          when not s.is_shown then jsonb_build_object(
            'error', jsonb_build_object('code', 'TH_TEXT_TOO_LONG', 'message', 'The answer is too long for this text: read it alone')
          )
          when octet_length(c.text) > 16777216 then jsonb_build_object(
            'error', jsonb_build_object('code', 'TH_TEXT_TOO_LONG', 'message', 'The stored text is longer than 16777216 bytes')
          )
          when t.error_code is null then '{}'
          else jsonb_build_object('error', jsonb_build_object('code', t.error_code, 'message', t.error_message))
        end end
        order by s.ord
      ),
      '[]'
    )
    from unnest(named.projects, named.content_nos, named.context_nos, are_shown)
      with ordinality as s (project, content_no, context_no, is_shown, ord)
    left join lateral stored_text(s.content_no, wanted_locale, s.context_no, s.project) as t on true
    cross join lateral (select prefer = 'approved-or-translated' or t.status = 'approved' as has_text) as w
    left join lateral (select c.* from content as c where c.content_no = s.content_no offset 0) as c on true
    left join lateral (select x.* from context as x where x.context_no = s.context_no offset 0) as x on true
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
