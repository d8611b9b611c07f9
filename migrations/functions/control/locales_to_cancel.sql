-- The target locales in which an item of the inbox is to be cancelled; see cancel_in_inbox. An item that read_item refuses names
-- none.
create or replace function trans_hub.locales_to_cancel(
  item jsonb, defaults jsonb, of_project text, of_target_locale text, id_prefix text
) returns text[]
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  read trans_hub.item;
begin
  read := read_item(item, defaults, 2147483647);
  if read.project <> of_project or not coalesce(starts_with(read.business_id, id_prefix), true) then
    return '{}';
  end if;
  return array(select l from unnest(read.target_locales) as l where l = coalesce(of_target_locale, l));
exception when others then
  -- Only refusals of the item: a fault of the database is not the item's.
  if sqlstate !~ '^(TH0|22)' then
    raise;
  end if;
  return '{}';
end
$$;
