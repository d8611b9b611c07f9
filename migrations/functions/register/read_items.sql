-- Splits items into the good ones, made whole, and the refused ones with their reasons.
create or replace function trans_hub.read_items(
  items jsonb, defaults jsonb, max_text_bytes integer, out good trans_hub.item[], out raw jsonb, out rejected jsonb
)
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  entry record;
  places bigint[] := '{}';
begin
  good := '{}';
  rejected := '[]';
  if jsonb_typeof(items) = 'object' then
    items := jsonb_build_array(items);
  elsif jsonb_typeof(items) is distinct from 'array' then
    raise exception using errcode = 'TH001', message = 'items must be a list of items, or one item';
  end if;
  defaults := coalesce(nullif(defaults, 'null'), '{}');
  if jsonb_typeof(defaults) <> 'object' then
    raise exception using errcode = 'TH001', message = 'defaults must be an object';
  end if;
  for entry in select e.value, e.ord - 1 as index from jsonb_array_elements(items) with ordinality as e (value, ord) loop
    begin
      good := good || read_item(entry.value, defaults, max_text_bytes);
      places := places || entry.index;
    exception when others then
      -- Only refusals of the item: what is wrong with the database is not the item's fault.
      if sqlstate !~ '^(TH0|22)' then
        raise;
      end if;
      declare
        field text;
      begin
        get stacked diagnostics field = column_name;
        rejected := rejected || jsonb_build_array(jsonb_build_object(
          'index', entry.index,
          'code', item_code(sqlstate),
          'message', case when sqlstate ~ '^TH0' then concat_ws(': ', nullif(field, ''), sqlerrm)
            else 'the database cannot store it (SQLSTATE ' || sqlstate || ')' end
        ));
      end;
    end;
  end loop;
  -- Gathered at once: appended one by one, 10,000 items are copied 10,000 times.
  select coalesce(jsonb_agg(e.value order by e.ord), '[]') into raw
  from jsonb_array_elements(items) with ordinality as e (value, ord)
  join unnest(places) as p (index) on p.index = e.ord - 1;
end
$$;
