-- The arguments of a call from SQL in their one form: a list of items, and an object of defaults. A NULL for the items is an empty
-- list: jsonb_agg gives it over no row, as in a trigger for a statement that changed none. Raises TH001 for another shape, and
-- TH003 where the items would be larger than 128 MiB with the text of the defaults in each of them: jsonb ends at 256 MiB, and a
-- producer could have the database build that from a few kilobytes.
create or replace function trans_hub.items_of_call(items jsonb, defaults jsonb, out list jsonb, out fields jsonb)
language plpgsql stable
as $$
begin
  items := coalesce(items, '[]');
  list := case jsonb_typeof(items) when 'array' then items when 'object' then jsonb_build_array(items) end;
  if list is null then
    raise exception using errcode = 'TH001', column = 'items', message = 'items must be a list of items, or one item';
  end if;
  fields := coalesce(nullif(defaults, 'null'), '{}');
  if jsonb_typeof(fields) <> 'object' then
    raise exception using errcode = 'TH001', column = 'defaults', message = 'defaults must be an object';
  end if;
  if jsonb_typeof(fields -> 'engine') not in ('string', 'null') then
    raise exception using errcode = 'TH001', column = 'engine', message = 'defaults.engine must be a string';
  end if;
  if
    pg_column_size(list)::bigint + jsonb_array_length(list)::bigint * (
      case when fields ?| array['text', 'context', 'hint', 'businessId', 'targetLocales'] then pg_column_size(fields) else 0 end
    ) > 134217728
  then
    raise exception using errcode = 'TH003', column = 'items',
      message = 'items are larger than 134217728 bytes with their defaults', hint = 'Send them in several calls.';
  end if;
end
$$;
