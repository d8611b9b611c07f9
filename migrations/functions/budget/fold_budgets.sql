-- Folds the entries of every project, those of past periods too, and drops those of projects without a budget.
create or replace function trans_hub.fold_budgets() returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  counted text;
begin
  for counted in select distinct e.project from budget_entry as e order by 1 loop
    perform from budget as b where b.project = counted order by b.per for no key update;
    if found then
      perform fold_budget(counted);
    else
      -- A budget that is set later counts these calls by the ledger.
      delete from budget_entry as e where e.project = counted;
    end if;
  end loop;
end
$$;
