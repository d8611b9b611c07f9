-- Removes a budget, and gives whether there was one.
create or replace function trans_hub.remove_budget(of_project text, of_per text) returns boolean
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  is_gone boolean;
begin
  -- Before any row: set_budget locks the table, and then the rows.
  lock table budget in row exclusive mode;
  perform from budget as b where b.project = of_project order by b.per for update;
  delete from budget as b where b.project = of_project and b.per = of_per;
  is_gone := found;
  delete from budget_period as p where p.project = of_project and p.per = of_per;
  if not exists (select from budget as b where b.project = of_project) then
    delete from budget_entry as e where e.project = of_project;
  end if;
  return is_gone;
end
$$;
