-- Confirms the costs of calls that a provider may or may not have billed, and gives how many calls that changed. By a call, or by a project,
-- a day of UTC and an engine (null: each): then the amount is that of all their unconfirmed calls together, and is parted among them by
-- the amounts that they held.
create or replace function trans_hub.confirm_usage(
  of_call uuid, of_project text, of_day date, of_engine text, billed numeric, out confirmed bigint, out was_unconfirmed numeric
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  calls uuid[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('confirm_usage');
  end if;
  select array_agg(u.call_id), coalesce(sum(u.unconfirmed), 0) into calls, was_unconfirmed
  from (
    select u.call_id, u.unconfirmed
    from usage as u
    where u.unconfirmed > 0
      and case
        when of_call is not null then u.call_id = of_call
        else u.project = of_project and (of_engine is null or u.engine = of_engine)
          and u.called_at >= of_day::timestamp at time zone 'UTC' and u.called_at < (of_day + 1)::timestamp at time zone 'UTC'
      end
    order by u.call_id
    for update
  ) as u;
  with part as (
    select u.call_id, u.unconfirmed,
      -- Whole steps of 10^-12; the last call gets the rest, so that the parts are the amount.
      trunc(billed * sum(u.unconfirmed) over w / was_unconfirmed, 12)
        - trunc(billed * (sum(u.unconfirmed) over w - u.unconfirmed) / was_unconfirmed, 12) as amount
    from usage as u
    where u.call_id = any (calls)
    window w as (order by u.call_id)
  ), changed as (
    update usage as u set cost = coalesce(u.cost, 0) + p.amount, unconfirmed = 0
    from part as p
    where u.call_id = p.call_id
    returning u.project, (u.called_at at time zone 'UTC')::date as counts_on, u.currency, p.amount - p.unconfirmed as spent, p.unconfirmed
  ), counted as (
    insert into budget_entry (project, counts_on, currency, spent, unconfirmed)
    select c.project, c.counts_on, c.currency, sum(c.spent), -sum(c.unconfirmed)
    from changed as c
    where exists (select from budget as b where b.project = c.project)
    group by 1, 2, 3
  )
  select count(*) into confirmed from changed;
end
$$;
