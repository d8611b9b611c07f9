-- The names of our migrations from `newest` on, and the newest breaking graphile-worker migration after `newest_graphile`. For
-- every process that connects: its role may have no right on either table.
create or replace function trans_hub.schema_state(newest text, newest_graphile integer, out names text[], out newer_graphile integer)
language plpgsql stable security definer
set search_path = pg_catalog, trans_hub, pg_temp
as $$
begin
  select
    array(select m.name from trans_hub.migration as m where m.name >= newest order by m.name),
    (select max(g.id) from graphile_worker.migrations as g where g.breaking and g.id > newest_graphile)
  into names, newer_graphile;
end
$$;
