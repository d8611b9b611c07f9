-- The budgets of a project (null: of each) in their present periods: the amounts spent, and those held by running calls. A call of another
-- currency, which was made before a person changed the currency of the budget, is not counted: no amount is converted.
--
-- It is one statement, and so one snapshot: a settlement turns a hold into an entry, and is seen in one of them. A sum over holds and a sum
-- over entries in two statements left out a settlement that was committed between them, and went over the budget.
create or replace function trans_hub.budget_rooms(of_project text, at timestamptz)
returns table (
  project text, per text, amount numeric, currency text, starts_on date, ends_at timestamptz, spent numeric, unconfirmed numeric,
  held numeric, entries bigint, least_refused numeric, unpriced_engine text, set_by text, set_at timestamptz
)
language sql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select
    b.project, b.per, b.amount, b.currency, d.starts_on,
    (date_trunc(b.per, at at time zone 'UTC') + ('1 ' || b.per)::interval) at time zone 'UTC',
    coalesce(p.spent, 0) + e.spent, coalesce(p.unconfirmed, 0) + e.unconfirmed, h.held, e.entries,
    p.least_refused, p.unpriced_engine, b.set_by, b.set_at
  from budget as b
  cross join lateral (select date_trunc(b.per, at at time zone 'UTC')::date as starts_on) as d
  left join budget_period as p on p.project = b.project and p.per = b.per and p.starts_on = d.starts_on
  cross join lateral (
    select coalesce(sum(h.amount), 0) as held
    from budget_hold as h
    where h.project = b.project and h.currency = b.currency and h.held_at >= d.starts_on::timestamp at time zone 'UTC'
  ) as h
  cross join lateral (
    select
      coalesce(sum(e.spent) filter (where e.currency = b.currency), 0) as spent,
      coalesce(sum(e.unconfirmed) filter (where e.currency = b.currency), 0) as unconfirmed, count(*) as entries
    from budget_entry as e
    where e.project = b.project and e.counts_on >= d.starts_on
  ) as e
  where of_project is null or b.project = of_project
  order by b.project, b.per
$$;
