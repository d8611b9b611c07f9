-- Holds the most that a call may cost, if every budget of its project has room for it.
--
--   wanted    the amount; null: the engine cannot be held to a budget, as it has no price or no bound
--   ended     earlier calls of the same work that are not settled yet, with their costs: no more is held for them, and no less where a
--             dearer model answered. A turn of several calls would wait for its own holds otherwise.
--   outcome   granted: it is held. free: the project has no budget. busy: there would be room if running calls cost nothing.
--             exhausted: there would be none. unpriced: the amount is null, or of another currency
--   room      how much could be held now; never below 0
--   per       of `exhausted`: the budget that has no room, of several the one whose period ends last
--   wait_ms   of `exhausted`: until the end of its period
--
-- The call counts for the day and the month of UTC in which it is reserved.
create or replace function trans_hub.reserve_budget(
  id uuid, of_project text, by_engine text, by_model text, from_locale text, into_locale text, item_count integer, by_tag text,
  wanted numeric, in_currency text, for_node text, ended_ids uuid[], ended_amounts numeric[],
  out outcome text, out room numeric, out per text, out wait_ms float8, out budget_amount numeric, out budget_currency text
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  -- Entries from which on they are folded: each reservation reads them.
  most_entries constant bigint := 100;
  at timestamptz;
  entries bigint;
  is_foreign boolean;
  settled_room numeric;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('reserve_budget');
  end if;
  perform from budget as b where b.project = of_project order by b.per for no key update;
  if not found then
    outcome := 'free';
    return;
  end if;
  at := clock_timestamp();
  if ended_ids <> '{}' then
    update budget_hold as h set amount = e.amount
    from unnest(ended_ids, ended_amounts) as e (call_id, amount)
    where h.call_id = e.call_id and h.amount <> e.amount;
  end if;
  -- A new statement, and so a snapshot with everything that was committed before the lock was had.
  select
    greatest(0, min(r.amount - r.spent - r.held)), min(r.amount - r.spent), max(r.entries),
    coalesce(bool_or(r.currency is distinct from in_currency), true), max(r.currency)
  into room, settled_room, entries, is_foreign, budget_currency
  from budget_rooms(of_project, at) as r;
  if entries >= most_entries then
    perform fold_budget(of_project);
  end if;
  if wanted is null or is_foreign then
    outcome := 'unpriced';
    insert into budget_period as p (project, per, starts_on, unpriced_engine)
    select r.project, r.per, r.starts_on, by_engine from budget_rooms(of_project, at) as r
    on conflict on constraint budget_period_pkey do update set unpriced_engine = excluded.unpriced_engine
    where p.unpriced_engine is distinct from excluded.unpriced_engine;
  elsif wanted <= room then
    outcome := 'granted';
    insert into budget_hold (
      call_id, project, held_at, engine, model, source_locale, target_locale, items, tag, amount, currency, node_id
    )
    values (id, of_project, at, by_engine, by_model, from_locale, into_locale, item_count, by_tag, wanted, in_currency, for_node);
  elsif wanted <= settled_room then
    outcome := 'busy';
  else
    outcome := 'exhausted';
    select r.per, extract(epoch from r.ends_at - at) * 1000, r.amount into per, wait_ms, budget_amount
    from budget_rooms(of_project, at) as r
    where r.amount - r.spent < wanted
    order by r.ends_at desc
    limit 1;
  end if;
end
$$;
