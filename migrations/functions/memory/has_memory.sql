-- Whether a project has pairs in the translation memory. A function, because the plan of a query that was made where one project has all
-- pairs reads the whole table for a project that has none.
create or replace function trans_hub.has_memory(of_project text) returns boolean
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
  return exists (select from memory_unit as m where m.project = of_project);
end
$$;
