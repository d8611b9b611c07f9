-- Splits items into the good ones, checked and made whole with the defaults, and the refused ones with their reasons.
-- "good_indexes" are the places of the good ones, from 0.
create or replace function trans_hub.read_items(
  items jsonb, defaults jsonb, max_text_bytes integer,
  out good trans_hub.item[], out good_indexes integer[], out rejected jsonb
)
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  entry record;
  refusals jsonb[] := '{}';
  field text;
begin
  good := '{}';
  good_indexes := '{}';
  select c.list, c.fields into items, defaults from items_of_call(items, defaults) as c;
  for entry in select e.value, e.ord::integer - 1 as index from jsonb_array_elements(items) with ordinality as e (value, ord) loop
    begin
      good := good || read_item(entry.value, defaults, max_text_bytes);
      good_indexes := good_indexes || entry.index;
    exception when others then
      -- Only refusals of the item: a fault of the database is not the item's.
      if sqlstate !~ '^(TH0|22|54)' then
        raise;
      end if;
      get stacked diagnostics field = column_name;
      refusals := refusals || jsonb_build_object(
        'index', entry.index,
        'code', item_code(sqlstate),
        'message', case when sqlstate ~ '^TH0' then concat_ws(': ', nullif(field, ''), sqlerrm)
          else 'the database cannot store it (SQLSTATE ' || sqlstate || ')' end
      );
    end;
  end loop;
  -- Made once: jsonb that grows item by item is copied item by item, and 16,000 refusals took 45 s.
  rejected := to_jsonb(refusals);
end
$$;
