-- Books engine calls of which some were reserved, each once: the hold of a call becomes its entry in the ledger and an amount that its
-- budget counts. It locks no budget.
--
-- A call whose cost is not known stays at its hold, as unconfirmed. A call that was booked as lost with its node is booked anew, and its
-- budget counts the difference; booked a third time it changes nothing.
create or replace function trans_hub.book_held_calls(
  call_ids uuid[], engines text[], models text[], projects text[], source_locales text[], target_locales text[], item_counts integer[],
  inputs integer[], outputs integer[], cached integer[], latencies integer[], outcomes text[], characters integer[], costs numeric[],
  unconfirmed numeric[], currencies text[], tags text[], held boolean[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
begin
  -- Waits for a rescue that takes one of them; the next statement then sees the call that it booked.
  perform from budget_hold as h where h.call_id = any (call_ids) order by h.call_id for update;
  perform from usage as u where u.call_id = any (call_ids) and u.outcome = 'lost' order by u.call_id for update;
  with call as materialized (
    select
      c.id, c.engine, c.model, c.project, c.source_locale, c.target_locale, c.items, c.input_tokens, c.output_tokens,
      c.cached_tokens, c.latency_ms, c.outcome, c.characters,
      case when c.cost is null and h.call_id is not null then 0 else c.cost end as cost,
      case when c.cost is null and h.call_id is not null then h.amount else c.unconfirmed end as unconfirmed,
      coalesce(c.currency, h.currency) as currency, c.tag, c.is_held, coalesce(h.held_at, clock_timestamp()) as called_at
    from unnest(
      call_ids, engines, models, projects, source_locales, target_locales, item_counts, inputs, outputs, cached, latencies, outcomes,
      characters, costs, unconfirmed, currencies, tags, held
    ) as c (
      id, engine, model, project, source_locale, target_locale, items, input_tokens, output_tokens, cached_tokens, latency_ms, outcome,
      characters, cost, unconfirmed, currency, tag, is_held
    )
    left join budget_hold as h on h.call_id = c.id
  ), lost as materialized (
    select u.call_id, coalesce(u.cost, 0) + u.unconfirmed as spent, u.unconfirmed
    from usage as u
    where u.call_id = any (call_ids) and u.outcome = 'lost' and u.unconfirmed > 0
  ), found as (
    update usage as u
    set model = c.model, input_tokens = c.input_tokens, output_tokens = c.output_tokens, cached_tokens = c.cached_tokens,
      characters = c.characters, latency_ms = c.latency_ms, outcome = c.outcome,
      cost = coalesce(c.cost, u.cost), unconfirmed = case when c.cost is null then u.unconfirmed else c.unconfirmed end
    from call as c join lost as l on l.call_id = c.id
    where u.call_id = c.id
    returning u.project, (u.called_at at time zone 'UTC')::date as counts_on, u.currency,
      u.cost + u.unconfirmed - l.spent as spent, u.unconfirmed - l.unconfirmed as unconfirmed
  ), booked as (
    insert into usage (
      call_id, engine, model, project, source_locale, target_locale, items, input_tokens, output_tokens, cached_tokens,
      latency_ms, outcome, characters, cost, unconfirmed, currency, tag, called_at
    )
    select
      c.id, c.engine, c.model, c.project, c.source_locale, c.target_locale, c.items, c.input_tokens, c.output_tokens, c.cached_tokens,
      c.latency_ms, c.outcome, c.characters, c.cost, c.unconfirmed, c.currency, c.tag, c.called_at
    from call as c
    on conflict (call_id) do nothing
    returning call_id, project, (called_at at time zone 'UTC')::date as counts_on, currency, coalesce(cost, 0) + usage.unconfirmed as spent,
      usage.unconfirmed
  ), freed as (
    delete from budget_hold as h where h.call_id = any (call_ids)
  )
  insert into budget_entry (project, counts_on, currency, spent, unconfirmed)
  select b.project, b.counts_on, b.currency, b.spent, b.unconfirmed
  from booked as b join call as c on c.id = b.call_id
  where c.is_held
  union all
  select f.project, f.counts_on, f.currency, f.spent, f.unconfirmed from found as f;
end
$$;
