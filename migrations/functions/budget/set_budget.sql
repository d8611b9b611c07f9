-- Sets a budget, and gives whether it is new; null: the project's other budget has another currency, and nothing is set. A new one counts what the ledger has of its present period: calls that run at this moment,
-- and were not reserved, are not counted.
create or replace function trans_hub.set_budget(of_project text, of_per text, of_amount numeric, of_currency text, by_name text)
returns boolean
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  is_new boolean;
  start date := date_trunc(of_per, clock_timestamp() at time zone 'UTC')::date;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('set_budget');
  end if;
  -- One at a time: two that set the first budgets of a project have no row to lock. A reservation does not wait for it.
  lock table budget in share row exclusive mode;
  perform from budget as b where b.project = of_project order by b.per for update;
  if exists (
    select from budget as b where b.project = of_project and b.per <> of_per and b.currency <> of_currency
  ) then
    return null;
  end if;
  insert into budget (project, per, amount, currency, set_by) values (of_project, of_per, of_amount, of_currency, by_name)
  on conflict do nothing;
  is_new := found;
  if not is_new then
    is_new := of_currency <> (select b.currency from budget as b where b.project = of_project and b.per = of_per);
    update budget as b
    set amount = of_amount, currency = of_currency, set_by = by_name, set_at = now()
    where b.project = of_project and b.per = of_per;
  end if;
  if not is_new then
    update budget_period as p set least_refused = null, unpriced_engine = null
    where p.project = of_project and p.per = of_per and p.starts_on = start;
    return false;
  end if;
  delete from budget_period as p where p.project = of_project and p.per = of_per;
  -- One snapshot for the ledger and the entries: a call is in both or in neither.
  with taken as (
    delete from budget_entry as e where e.project = of_project returning e.counts_on, e.currency, e.spent, e.unconfirmed
  ), known as (
    select b.project, b.per, date_trunc(b.per, t.counts_on::timestamp)::date as starts_on,
      sum(t.spent) as spent, sum(t.unconfirmed) as unconfirmed
    from taken as t
    cross join budget as b
    where b.project = of_project and b.per <> of_per and b.currency = t.currency
    group by 1, 2, 3
    union all
    select of_project, of_per, start, coalesce(sum(coalesce(u.cost, 0) + u.unconfirmed), 0), coalesce(sum(u.unconfirmed), 0)
    from usage as u
    where u.project = of_project and u.currency = of_currency and u.called_at >= start::timestamp at time zone 'UTC'
  )
  insert into budget_period as p (project, per, starts_on, spent, unconfirmed)
  select k.project, k.per, k.starts_on, k.spent, k.unconfirmed from known as k
  on conflict (project, per, starts_on) do update
  set spent = p.spent + excluded.spent, unconfirmed = p.unconfirmed + excluded.unconfirmed;
  return true;
end
$$;
