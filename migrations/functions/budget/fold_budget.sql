-- Folds the entries of a project into the periods of its budgets. The caller has locked the budgets. Entries of another currency are
-- dropped: a budget whose currency changes counts its calls by the ledger.
create or replace function trans_hub.fold_budget(of_project text) returns void
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  with taken as (
    delete from budget_entry as e where e.project = of_project returning e.counts_on, e.currency, e.spent, e.unconfirmed
  )
  insert into budget_period (project, per, starts_on, spent, unconfirmed)
  select b.project, b.per, date_trunc(b.per, t.counts_on::timestamp)::date, sum(t.spent), sum(t.unconfirmed)
  from taken as t
  cross join budget as b
  where b.project = of_project and b.currency = t.currency
  group by 1, 2, 3
  order by 1, 2, 3
  on conflict (project, per, starts_on) do update
  set spent = budget_period.spent + excluded.spent, unconfirmed = budget_period.unconfirmed + excluded.unconfirmed
$$;
