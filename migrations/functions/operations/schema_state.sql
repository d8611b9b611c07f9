-- The names of ours from `newest` on, and the newest of graphile-worker's that breaks with who knows none beyond
-- `newest_graphile`. For everybody who connects: a role that may ask for it may read neither table.
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
