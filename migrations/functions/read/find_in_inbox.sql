-- The item of the inbox that will make a translation which is not there yet: one row, or none. The newest counts; an item that
-- the database refuses counts only where no other item waits. "state" is `queued`, or `failed` with the reason.
--
-- Named by a text or by a business id. The index of the inbox finds both, and read_item decides, so that defaults and
-- spellings count as they will when the item is registered. An item that read_item refuses names no translation.
create or replace function trans_hub.find_in_inbox(
  of_project text, of_target_locale text, of_business_id text,
  of_source_locale text, of_text text, of_context text, of_format text
) returns table (
  source_locale text, source_text text, canonical text, business_ids text[], state text, error_code text, error_message text
)
language plpgsql stable rows 1
set search_path = pg_catalog, trans_hub, pg_temp
-- Only the index of items remains: see Pragmas.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
  named jsonb := case
    when of_text is null then jsonb_build_object('businessId', of_business_id) else jsonb_build_object('text', of_text)
  end;
  waiting record;
  item trans_hub.item;
begin
  for waiting in
    select e.value, i.defaults, i.refused
    from inbox as i
    cross join lateral jsonb_array_elements(i.items) with ordinality as e (value, ord)
    where i.items @> jsonb_build_array(named) and e.value @> named
    order by i.refused is not null, i.id desc, e.ord desc
  loop
    begin
      item := read_item(waiting.value, waiting.defaults, 2147483647);
    exception when others then
      -- Only refusals of the item: a fault of the database is not the item's.
      if sqlstate !~ '^(TH0|22)' then
        raise;
      end if;
      continue;
    end;
    continue when item.project <> of_project or not of_target_locale = any (item.target_locales);
    continue when of_text is not null
      and (item.source_locale, item.context, item.format) is distinct from (of_source_locale, of_context, of_format);
    source_locale := item.source_locale;
    source_text := item.text;
    canonical := item.context;
    business_ids := array(select item.business_id where item.business_id <> '');
    state := case when waiting.refused is null then 'queued' else 'failed' end;
    error_code := waiting.refused;
    error_message := case when waiting.refused is not null then 'the database cannot register the request' end;
    return next;
    return;
  end loop;
end
$$;
