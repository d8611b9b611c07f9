-- The projects with work that waits for a budget although there is room for it by now, and the number of batches that the room is for at
-- least (null: for all). There is room where a budget was removed, where calls cost less than they held, and where a period began.
create or replace function trans_hub.affordable_projects() returns table (project text, batches bigint)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  waiting text;
begin
  for waiting in
    select distinct b.project from batch as b where b.waits_for = 'budget' and b.run_at > now() order by 1
  loop
    perform from budget as b where b.project = waiting order by b.per for no key update;
    continue when exists (
      select from budget_rooms(waiting, clock_timestamp()) as r
      where r.amount - r.spent - r.held <= 0 or r.amount - r.spent - r.held < r.least_refused
    );
    project := waiting;
    select min(ceil((r.amount - r.spent - r.held) / nullif(r.least_refused, 0)))::bigint into batches
    from budget_rooms(waiting, clock_timestamp()) as r;
    -- The next refusals say anew how little is too much.
    update budget_period as p set least_refused = null where p.project = waiting and p.least_refused is not null;
    return next;
  end loop;
end
$$;
