-- Appends items inside any transaction: registered by the fleet after its commit, forgotten with its rollback. Gives
-- {accepted, rejected}; how many are new is not known yet.
create or replace function trans_hub.enqueue(items jsonb, defaults jsonb default '{}') returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  read record;
begin
  select r.raw, r.rejected into read from read_items(items, defaults, 1048576) as r;
  if jsonb_array_length(read.raw) > 0 then
    perform append_to_inbox(read.raw, coalesce(nullif(defaults, 'null'), '{}'));
  end if;
  return jsonb_build_object('accepted', jsonb_array_length(read.raw), 'rejected', read.rejected);
end
$$;
