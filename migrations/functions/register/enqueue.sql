-- Appends items inside any transaction: the fleet registers them after its commit, and a rollback takes them back. Gives
-- {accepted, rejected}; the number of new rows is not known yet.
create or replace function trans_hub.enqueue(items jsonb, defaults jsonb default '{}') returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  read record;
  accepted jsonb;
begin
  select r.good_indexes, r.rejected into read from read_items(items, defaults, 1048576) as r;
  if read.good_indexes <> '{}' then
    -- As the caller gave them: the fleet checks them again when it registers them.
    select jsonb_agg(e.value order by e.ord)
    into accepted
    from jsonb_array_elements(case when jsonb_typeof(items) = 'object' then jsonb_build_array(items) else items end)
      with ordinality as e (value, ord)
    join unnest(read.good_indexes) as g (index) on g.index = e.ord - 1;
    perform append_to_inbox(accepted, coalesce(nullif(defaults, 'null'), '{}'));
  end if;
  return jsonb_build_object('accepted', cardinality(read.good_indexes), 'rejected', read.rejected);
end
$$;
