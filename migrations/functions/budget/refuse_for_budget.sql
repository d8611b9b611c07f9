-- Notes that a call of one text was refused by the budgets of its project, and the amount of it: while there is less room, its texts need
-- not be tried again.
create or replace function trans_hub.refuse_for_budget(of_project text, wanted numeric) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
begin
  perform from budget as b where b.project = of_project order by b.per for no key update;
  insert into budget_period as p (project, per, starts_on, least_refused)
  select r.project, r.per, r.starts_on, wanted
  from budget_rooms(of_project, clock_timestamp()) as r
  where r.amount - r.spent < wanted
  on conflict on constraint budget_period_pkey do update set least_refused = excluded.least_refused
  where p.least_refused is null or p.least_refused > excluded.least_refused;
end
$$;
