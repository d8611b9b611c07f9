-- Books the calls behind holds as lost: nobody knows whether the provider bills them, and their budgets count them in full, as unconfirmed.
-- Gives their number.
--
-- A hold that is locked is left: its call is being settled. A hold of no text (see revoke_hold) is deleted.
create or replace function trans_hub.lose_holds(call_ids uuid[]) returns bigint
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  with lost as materialized (
    select h.call_id from budget_hold as h where h.call_id = any (call_ids) order by h.call_id for update skip locked
  ), freed as (
    delete from budget_hold as h using lost as l where h.call_id = l.call_id returning h.*
  ), booked as (
    insert into usage (
      call_id, engine, model, project, source_locale, target_locale, items, input_tokens, output_tokens, cached_tokens,
      latency_ms, outcome, cost, unconfirmed, currency, tag, called_at
    )
    select
      f.call_id, f.engine, f.model, f.project, f.source_locale, f.target_locale, f.items, 0, 0, 0, 0, 'lost', 0, f.amount, f.currency,
      f.tag, f.held_at
    from freed as f
    where f.items > 0
    on conflict (call_id) do nothing
    returning project, (called_at at time zone 'UTC')::date as counts_on, currency, usage.unconfirmed
  ), counted as (
    insert into budget_entry (project, counts_on, currency, spent, unconfirmed)
    select b.project, b.counts_on, b.currency, b.unconfirmed, b.unconfirmed from booked as b
    returning 1
  )
  select count(*) from counted
$$;
