-- Made by scripts/functions.ts from migrations/functions: change the files there, and make this one again.
-- The first release: nothing runs beside it.

-- Up Migration

-- A body may call functions that are made below it.
set local check_function_bodies = off;

-- function budget/affordable_projects
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

-- function budget/book_held_calls
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

-- function budget/budget_rooms
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

-- function budget/confirm_usage
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

-- function budget/fold_budget
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

-- function budget/fold_budgets
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

-- function budget/lose_holds
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

-- function budget/lose_stray_holds
create or replace function trans_hub.lose_stray_holds() returns bigint
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select trans_hub.lose_holds(array(
    select h.call_id
    from budget_hold as h
    where h.held_at < clock_timestamp() - interval '1 hour'
      or h.items = 0 and h.held_at < clock_timestamp() - interval '2 minutes'
      or not exists (select from worker_node as w where w.node_id = h.node_id)
  ))
$$;

-- function budget/refuse_for_budget
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

-- function budget/remove_budget
create or replace function trans_hub.remove_budget(of_project text, of_per text) returns boolean
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  is_gone boolean;
begin
  -- Before any row: set_budget locks the table, and then the rows.
  lock table budget in row exclusive mode;
  perform from budget as b where b.project = of_project order by b.per for update;
  delete from budget as b where b.project = of_project and b.per = of_per;
  is_gone := found;
  delete from budget_period as p where p.project = of_project and p.per = of_per;
  if not exists (select from budget as b where b.project = of_project) then
    delete from budget_entry as e where e.project = of_project;
  end if;
  return is_gone;
end
$$;

-- function budget/reserve_budget
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

-- function budget/revoke_hold
create or replace function trans_hub.revoke_hold(id uuid, of_project text, by_engine text, for_node text) returns void
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  insert into budget_hold (call_id, project, held_at, engine, source_locale, target_locale, items, amount, currency, node_id)
  values (id, of_project, clock_timestamp(), by_engine, '', '', 0, 0, '', for_node)
  on conflict (call_id) do update set items = 0, amount = 0
$$;

-- function budget/set_budget
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

-- function budget/unpark_for_budget
create or replace function trans_hub.unpark_for_budget(
  of_project text, kinds text[], after uuid, size integer, out reached uuid, out unparked bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  due uuid[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('unpark_for_budget');
  end if;
  select array_agg(b.batch_id), max(b.batch_id::text)::uuid into due, reached
  from (
    select b.batch_id
    from batch as b
    where b.batch_id > after and b.project = of_project and b.waits_for = any (kinds) and b.run_at > now()
    order by b.batch_id
    limit size
    for update skip locked
  ) as b;
  update batch as b set run_at = now(), waits_for = null where b.batch_id = any (due);
  get diagnostics unparked = row_count;
  perform renew_batch_jobs(due);
end
$$;

-- function collect/collect_contexts
create or replace function trans_hub.collect_contexts(cutoff timestamptz) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  locked bigint[];
  contexts bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('collect_contexts');
  end if;
  -- The uses are read once, as a set: one look-up for each old context would cost more.
  select array_agg(x.context_no) into locked
  from (
    select x.context_no
    from context as x
    where x.context_no in (
      select old.context_no from context as old where old.created_at < cutoff
      except
      (select s.context_no from source as s union all select t.context_no from translation as t)
    )
    order by x.context_id
    for update skip locked
  ) as x;
  if locked is null then
    return 0;
  end if;
  -- Asked again under the locks, which keep a registration from using one of them.
  delete from context as x
  where x.context_no in (
    select l.context_no from unnest(locked) as l (context_no)
    except
    (select s.context_no from source as s union all select t.context_no from translation as t)
  );
  get diagnostics contexts = row_count;
  return contexts;
end
$$;

-- function collect/collect_range
create or replace function trans_hub.collect_range(
  after bigint, size integer, cutoff timestamptz, include_approved boolean, of_project text,
  out reached bigint, out sources bigint, out translations bigint, out contents bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  locked bigint[];
  doomed tid[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('collect_range');
  end if;
  sources := 0;
  translations := 0;
  contents := 0;
  select max(c.content_no) into reached
  from (select c.content_no from content as c where c.content_no > after order by c.content_no limit size) as c;
  if reached is null then
    return;
  end if;

  -- A text that is being registered at this moment is locked, and in use: it is skipped.
  select array_agg(c.content_no) into locked
  from (
    select c.content_no
    from content as c
    where c.content_no > after and c.content_no <= reached
      and (
        not exists (select from source as s where s.content_no = c.content_no offset 0)
        or exists (
          select from source as s
          where s.content_no = c.content_no and s.last_seen_at < cutoff and (of_project is null or s.project = of_project)
          offset 0
        )
        or exists (
          select from translation as t
          where t.content_no = c.content_no
            and (of_project is null or t.project = of_project)
            and not exists (
              select from source as s
              where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project
              offset 0
            )
          offset 0
        )
      )
    order by c.content_id
    for update skip locked
  ) as c;
  if locked is null then
    return;
  end if;

  delete from source as s
  where s.content_no = any (locked) and s.last_seen_at < cutoff and (of_project is null or s.project = of_project);
  get diagnostics sources = row_count;

  -- Locked by one statement and removed by the next: see remove_translations.
  select array_agg(t.ctid) into doomed
  from (
    select t.ctid
    from translation as t
    where t.content_no = any (locked)
      and (of_project is null or t.project = of_project)
      and (include_approved or t.status <> 'approved')
      and not exists (
        select from source as s
        where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project
        offset 0
      )
    order by t.content_no, t.target_locale, t.context_no, t.project
    for update of t
  ) as t;

  translations := remove_translations(doomed, 'collected');

  contents := remove_unused_contents(locked);
end
$$;

-- function control/cancel_batches
create or replace function trans_hub.cancel_batches(batch_ids uuid[], id_prefix text) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = '5s'
set enable_seqscan = off
set jit = off
as $$
declare
  -- Places of the locked rows: those that never had a text, those that go back to theirs, and those that hide theirs.
  doomed tid[];
  kept tid[];
  hidden tid[];
  cancelled bigint;
  projects text[];
  locales text[];
  old_statuses translation_status[];
  new_statuses translation_status[];
  contents bigint[];
  contexts bigint[];
  revisions integer[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('cancel_batches');
  end if;
  with entry as (
    select e.content_no, b.target_locale, e.context_no, b.project, e.revision
    from batch as b
    cross join lateral unnest(b.content_nos, b.context_nos, b.revisions) as e (content_no, context_no, revision)
    where b.batch_id = any (batch_ids)
      and (
        id_prefix is null
        or exists (
          select from source as s
          where s.content_no = e.content_no and s.context_no = e.context_no and s.project = b.project
            and starts_with(s.business_id, id_prefix)
          offset 0
        )
        and not exists (
          select from source as s
          where s.content_no = e.content_no and s.context_no = e.context_no and s.project = b.project
            and s.business_id <> '' and not starts_with(s.business_id, id_prefix)
          offset 0
        )
      )
  ), locked as materialized (
    select t.ctid, t.text is not null as has_text,
      t.text is null and is_hidden(e.content_no, e.target_locale, e.context_no, e.project) as hides
    from (select * from entry order by content_no, target_locale, context_no, project) as e
    cross join lateral (
      select t.ctid, t.text
      from translation as t
      where t.content_no = e.content_no and t.target_locale = e.target_locale
        and t.context_no = e.context_no and t.project = e.project
        and t.revision = e.revision and t.status = 'pending'
      for update
    ) as t
  )
  select
    array_agg(l.ctid) filter (where not l.has_text and not l.hides), array_agg(l.ctid) filter (where l.has_text),
    array_agg(l.ctid) filter (where l.hides)
  into doomed, kept, hidden
  from locked as l;
  cancelled := remove_translations(doomed, 'cancelled') + bury_hidden(hidden);

  with gone_back as (
    update translation as t
    set status = 'translated', revision = t.revision + 1, updated_at = now()
    where t.ctid = any (kept)
    returning t.project, t.target_locale, t.status, t.content_no, t.context_no, t.revision
  )
  select
    cancelled + count(*),
    array_agg(g.project), array_agg(g.target_locale), array_fill('pending'::translation_status, array[count(*)::integer]),
    array_agg(g.status), array_agg(g.content_no), array_agg(g.context_no), array_agg(g.revision)
  into cancelled, projects, locales, old_statuses, new_statuses, contents, contexts, revisions
  from gone_back as g;
  perform count_changes(projects, locales, old_statuses, new_statuses);
  perform write_events('cancelled', projects, locales, contents, contexts, revisions);
  perform prune_batches(batch_ids);
  return cancelled;
end
$$;

-- function control/cancel_in_inbox
create or replace function trans_hub.cancel_in_inbox(of_project text, of_target_locale text, id_prefix text) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = '5s'
as $$
declare
  rows_of_inbox bigint[];
  taken bigint;
  cancelled bigint := 0;
begin
  -- Repeats until no row holds such an item: see forget_in_inbox.
  loop
    rows_of_inbox := array(
      select i.id
      from inbox as i
      where i.refused is null and exists (
        select from jsonb_array_elements(inbox_list(i.items)) as e (value)
        where locales_to_cancel(e.value, i.defaults, of_project, of_target_locale, id_prefix) <> '{}'
      )
    );
    exit when rows_of_inbox = '{}';
    perform from inbox as i where i.id = any (rows_of_inbox) order by i.id for update;
    with item as materialized (
      select i.id, e.value, e.ord, i.defaults,
        locales_to_cancel(e.value, i.defaults, of_project, of_target_locale, id_prefix) as locales
      from inbox as i
      cross join lateral jsonb_array_elements(inbox_list(i.items)) with ordinality as e (value, ord)
      where i.id = any (rows_of_inbox)
    ), kept as materialized (
      select
        e.id,
        jsonb_agg(
          case when e.locales = '{}' then e.value else e.value || jsonb_build_object('targetLocales', l.others) end order by e.ord
        ) filter (where e.locales = '{}' or l.others is not null) as items,
        sum(cardinality(e.locales)) as gone
      from item as e
      cross join lateral (
        select jsonb_agg(o.locale order by o.ord) as others
        from jsonb_array_elements_text(
          case when e.locales = '{}' then '[]'
          else coalesce(nullif(e.value -> 'targetLocales', 'null'), e.defaults -> 'targetLocales') end
        ) with ordinality as o (locale, ord)
        where canonical_locale(o.locale) <> all (e.locales)
      ) as l
      group by e.id
    ), emptied as (
      delete from inbox as i using kept as k where i.id = k.id and k.items is null
    ), cut as (
      update inbox as i set items = k.items from kept as k where i.id = k.id and k.items is not null
    )
    select coalesce(sum(k.gone), 0) into taken from kept as k;
    cancelled := cancelled + taken;
  end loop;
  return cancelled;
end
$$;

-- function control/count_to_forget
create or replace function trans_hub.count_to_forget(
  of_project text, of_business_id text, id_prefix text, of_source_locale text, of_text text, of_context text, of_format text,
  out forgotten bigint, out still_used bigint
)
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  of_content_id uuid := content_id(of_source_locale, of_text);
  in_context uuid := context_id(of_context, of_format);
  in_every_context boolean := of_format is null;
  contents bigint[];
  contexts bigint[];
  in_inbox bigint;
begin
  if of_text is not null then
    select array_agg(r.content_no), array_agg(r.context_no) into contents, contexts
    from (
      select s.content_no, s.context_no
      from content as c join source as s on s.content_no = c.content_no and s.project = of_project
      where c.content_id = of_content_id
      union
      select t.content_no, t.context_no
      from content as c join translation as t on t.content_no = c.content_no and t.project = of_project
      where c.content_id = of_content_id
    ) as r
    where in_every_context or r.context_no = case
      when in_context is null then 0
      else (select x.context_no from context as x where x.context_id = in_context)
    end;
  elsif of_business_id is not null then
    select array_agg(s.content_no), array_agg(s.context_no) into contents, contexts
    from source as s where s.project = of_project and s.business_id = of_business_id;
  else
    select array_agg(s.content_no), array_agg(s.context_no) into contents, contexts
    from (
      select distinct s.content_no, s.context_no from source as s
      where s.project = of_project and starts_with(s.business_id, id_prefix)
    ) as s;
  end if;

  with named as materialized (
    select r.content_no, r.context_no, of_text is null and exists (
      select from source as s
      where s.content_no = r.content_no and s.context_no = r.context_no and s.project = of_project and s.business_id <> ''
        and not (coalesce(s.business_id = of_business_id, false) or coalesce(starts_with(s.business_id, id_prefix), false))
      offset 0
    ) as stays
    from unnest(contents, contexts) as r (content_no, context_no)
  ), gone as materialized (
    select n.content_no, n.context_no from named as n where not n.stays
  )
  select
    (select count(*) from gone),
    (
      select count(*)
      from (select distinct n.content_no from named as n) as c
      where exists (
        select from source as s
        where s.content_no = c.content_no and not (
          s.project = of_project and (
            coalesce(s.business_id = of_business_id, false) or coalesce(starts_with(s.business_id, id_prefix), false)
            or (s.content_no, s.context_no) in (select g.content_no, g.context_no from gone as g)
          )
        )
        offset 0
      ) or exists (
        select from translation as t
        where t.content_no = c.content_no and not (
          t.project = of_project and (t.content_no, t.context_no) in (select g.content_no, g.context_no from gone as g)
        )
        offset 0
      )
    )
  into forgotten, still_used;

  select count(*) into in_inbox
  from inbox as i
  cross join lateral jsonb_array_elements(inbox_list(i.items)) as e (value)
  where is_to_forget(
    e.value, i.defaults, of_project, of_business_id, id_prefix, of_text, of_content_id, in_context, in_every_context
  );
  forgotten := forgotten + in_inbox;
  if forgotten = 0 and of_text is not null and in_every_context and exists (
    select from memory_text as t
    where t.source_id = content_id('', of_text) and t.project = of_project
      and (split_part(of_source_locale, '-', 1) in (split_part(t.source_locale, '-', 1), 'und') or t.source_locale = 'und')
  ) then
    forgotten := 1;
  end if;
end
$$;

-- function control/forget
create or replace function trans_hub.forget(
  of_project text, of_business_id text, of_source_locale text, of_text text, of_context text, of_format text,
  out forgotten bigint, out still_used bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = '5s'
set enable_seqscan = off
set jit = off
as $$
declare
  of_content_id uuid := content_id(of_source_locale, of_text);
  in_context uuid := context_id(of_context, of_format);
  in_every_context boolean := of_format is null;
  in_inbox bigint;
  in_memory bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('forget');
  end if;
  in_inbox := forget_in_inbox(
    of_project, of_business_id, null, of_text, of_content_id, in_context, in_every_context, null
  );
  select f.forgotten + in_inbox, f.still_used into forgotten, still_used
  from forget_uses(
    of_project, of_business_id, null,
    lock_contents(case
      when of_business_id is null then array(select c.content_no from content as c where c.content_id = of_content_id)
      else array(select s.content_no from source as s where s.project = of_project and s.business_id = of_business_id)
    end),
    case
      when in_every_context then null
      when in_context is null then 0
      -- A context without a row is -1, which no use has.
      else coalesce((select x.context_no from context as x where x.context_id = in_context), -1)
    end
  ) as f;
  -- A pair of the memory may have been imported for a text that was never requested.
  if of_text is not null and in_every_context and exists (select from memory_text) then
    in_memory := forget_in_memory(of_project, array[of_text], array[of_source_locale]);
    forgotten := greatest(forgotten, least(in_memory, 1));
  end if;
end
$$;

-- function control/forget_by_prefix
create or replace function trans_hub.forget_by_prefix(
  of_project text, id_prefix text, after_id text, after_content_no bigint, max_uses integer,
  out reached_id text, out reached_content_no bigint, out forgotten bigint, out still_used bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = '5s'
set enable_seqscan = off
set jit = off
as $$
declare
  contents bigint[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('forget_by_prefix');
  end if;
  select array_agg(distinct s.content_no), (array_agg(s.business_id order by s.ord desc))[1],
    (array_agg(s.content_no order by s.ord desc))[1]
  into contents, reached_id, reached_content_no
  from (
    select s.business_id, s.content_no, row_number() over (order by s.business_id, s.content_no, s.context_no) as ord
    from source as s
    where s.project = of_project and (s.business_id, s.content_no) > (after_id, after_content_no)
      and starts_with(s.business_id, id_prefix)
    order by s.business_id, s.content_no, s.context_no
    limit max_uses
  ) as s;
  select f.forgotten, f.still_used into forgotten, still_used
  from forget_uses(of_project, null, id_prefix, lock_contents(contents), null) as f;
end
$$;

-- function control/forget_in_inbox
create or replace function trans_hub.forget_in_inbox(
  of_project text, of_business_id text, id_prefix text, of_text text, of_content_id uuid, in_context uuid, in_every_context boolean,
  max_rows integer
) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  rows_of_inbox bigint[];
  taken bigint;
  forgotten bigint := 0;
begin
  -- Repeats until no row holds such an item: a row that another transaction had locked may come back as two halves.
  loop
    rows_of_inbox := array(
      select i.id
      from inbox as i
      where exists (
        select from jsonb_array_elements(inbox_list(i.items)) as e (value)
        where is_to_forget(
          e.value, i.defaults, of_project, of_business_id, id_prefix, of_text, of_content_id, in_context, in_every_context
        )
      )
      order by i.id
      limit max_rows
    );
    exit when rows_of_inbox = '{}';
    perform from inbox as i where i.id = any (rows_of_inbox) order by i.id for update;
    with kept as materialized (
      select
        i.id,
        jsonb_agg(e.value order by e.ord) filter (where not e.goes) as items,
        count(*) filter (where e.goes) as gone
      from inbox as i
      cross join lateral (
        select e.value, e.ord, is_to_forget(
          e.value, i.defaults, of_project, of_business_id, id_prefix, of_text, of_content_id, in_context, in_every_context
        ) as goes
        from jsonb_array_elements(inbox_list(i.items)) with ordinality as e (value, ord)
      ) as e
      where i.id = any (rows_of_inbox)
      group by i.id
    ), emptied as (
      delete from inbox as i using kept as k where i.id = k.id and k.items is null
    ), cut as (
      update inbox as i set items = k.items from kept as k where i.id = k.id and k.items is not null
    )
    select coalesce(sum(k.gone), 0) into taken from kept as k;
    forgotten := forgotten + taken;
    exit when max_rows is not null and taken > 0;
  end loop;
  return forgotten;
end
$$;

-- function control/forget_uses
create or replace function trans_hub.forget_uses(
  of_project text, of_business_id text, id_prefix text, contents bigint[], in_context_no bigint,
  out forgotten bigint, out still_used bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  is_by_text boolean := of_business_id is null and id_prefix is null;
  contexts bigint[];
  -- The texts that the project loses: each (content, context) once.
  gone_contents bigint[];
  gone_contexts bigint[];
  doomed tid[];
begin
  forgotten := 0;
  still_used := 0;
  -- A text that a person approved may have a translation and no use.
  select array_agg(r.content_no), array_agg(r.context_no) into gone_contents, gone_contexts
  from (
    select s.content_no, s.context_no
    from source as s
    where s.content_no = any (contents) and s.project = of_project
      and (is_by_text or s.business_id = of_business_id or starts_with(s.business_id, id_prefix))
    union
    select t.content_no, t.context_no
    from translation as t
    where is_by_text and t.content_no = any (contents) and t.project = of_project
  ) as r
  where in_context_no is null or r.context_no = in_context_no;
  if gone_contents is null then
    return;
  end if;
  contents := gone_contents;

  select array_agg(x.context_no) into contexts
  from (
    select x.context_no from context as x where x.context_no = any (gone_contexts) order by x.context_id for update
  ) as x;

  delete from source as s
  where s.content_no = any (contents) and s.project = of_project
    and (is_by_text or s.business_id = of_business_id or starts_with(s.business_id, id_prefix))
    and (in_context_no is null or s.context_no = in_context_no);

  -- A text that another id of the project uses stays.
  select array_agg(r.content_no), array_agg(r.context_no) into gone_contents, gone_contexts
  from unnest(gone_contents, gone_contexts) as r (content_no, context_no)
  where not exists (
    select from source as s
    where s.content_no = r.content_no and s.context_no = r.context_no and s.project = of_project and s.business_id <> ''
    offset 0
  );
  delete from source as s
  using unnest(gone_contents, gone_contexts) as r (content_no, context_no)
  where s.content_no = r.content_no and s.context_no = r.context_no and s.project = of_project;

  -- Locked by one statement and removed by the next: see remove_translations.
  select array_agg(t.ctid) into doomed
  from (
    select t.ctid
    from translation as t
    join unnest(gone_contents, gone_contexts) as r (content_no, context_no) using (content_no, context_no)
    where t.project = of_project
    order by t.content_no, t.target_locale, t.context_no, t.project
    for update of t
  ) as t;
  perform remove_translations(doomed, 'forgotten');
  -- A letter or an act may outlive its row.
  delete from dead_letter as d
  using unnest(gone_contents, gone_contexts) as r (content_no, context_no)
  where d.content_no = r.content_no and d.context_no = r.context_no and d.project = of_project;
  delete from review_act as a
  using unnest(gone_contents, gone_contexts) as r (content_no, context_no)
  where a.content_no = r.content_no and a.context_no = r.context_no and a.project = of_project;
  perform prune_batches((
    select array_agg(b.batch_id) from batch as b where b.project = of_project and b.content_nos && gone_contents
  ));

  -- A text that the project does not have any more, in any context, leaves its memory too.
  if exists (select from memory_text) then
    perform forget_in_memory(of_project, array_agg(c.text), array_agg(c.source_locale))
    from content as c
    where c.content_no = any (gone_contents)
      and not exists (select from source as s where s.content_no = c.content_no and s.project = of_project offset 0)
      and not exists (select from translation as t where t.content_no = c.content_no and t.project = of_project offset 0);
  end if;

  perform remove_unused_contents(contents);
  delete from context as x
  where x.context_no = any (contexts)
    and not exists (select from source as s where s.context_no = x.context_no and s.context_no <> 0 offset 0)
    and not exists (select from translation as t where t.context_no = x.context_no and t.context_no <> 0 offset 0);

  forgotten := coalesce(cardinality(gone_contents), 0);
  select count(*) into still_used from content as c where c.content_no = any (contents);
end
$$;

-- function control/is_to_forget
create or replace function trans_hub.is_to_forget(
  item jsonb, defaults jsonb,
  of_project text, of_business_id text, id_prefix text, of_text text, of_content_id uuid, in_context uuid, in_every_context boolean
) returns boolean
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
begin
  if coalesce(item ->> 'project', defaults ->> 'project', 'default') <> of_project then
    return false;
  elsif of_business_id is not null then
    return coalesce(item ->> 'businessId', '') = of_business_id;
  elsif id_prefix is not null then
    return starts_with(coalesce(item ->> 'businessId', ''), id_prefix);
  elsif coalesce(item ->> 'text', '') <> of_text then
    return false;
  end if;
  begin
    return content_id(canonical_locale(coalesce(item ->> 'sourceLocale', defaults ->> 'sourceLocale', 'und')), of_text) = of_content_id
      and (
        in_every_context
        or context_id(
          canonical_json(normal_context(nullif(item -> 'context', 'null'))),
          coalesce(item ->> 'format', defaults ->> 'format', 'auto')
        ) is not distinct from in_context
      );
  exception when others then
    -- The item was refused, and is kept for a person to look at. Its identity cannot be computed, and its text is this one.
    return true;
  end;
end
$$;

-- function control/locales_to_cancel
create or replace function trans_hub.locales_to_cancel(
  item jsonb, defaults jsonb, of_project text, of_target_locale text, id_prefix text
) returns text[]
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  read trans_hub.item;
begin
  read := read_item(item, defaults, 2147483647);
  if read.project <> of_project or not coalesce(starts_with(read.business_id, id_prefix), true) then
    return '{}';
  end if;
  return array(select l from unnest(read.target_locales) as l where l = coalesce(of_target_locale, l));
exception when others then
  -- Only refusals of the item: a fault of the database is not the item's.
  if sqlstate !~ '^(TH0|22)' then
    raise;
  end if;
  return '{}';
end
$$;

-- function engine-limit/fail_engine_call
create or replace function trans_hub.fail_engine_call(
  of_engine text, by_call uuid, for_reason text, message text, call_ms double precision, least_faults integer,
  least_ms double precision, for_ms double precision,
  out is_outage boolean, out wait_ms double precision, out openings bigint, out doubts integer, out faulty_ms double precision,
  out counts boolean, out answered_ms double precision
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  state rate_limit := lock_engine(of_engine);
  moment timestamptz := clock_timestamp();
  opens boolean := false;
begin
  openings := state.openings;
  doubts := state.doubts;
  wait_ms := for_ms;
  faulty_ms := 0;
  is_outage := true;
  counts := false;
  answered_ms := extract(epoch from moment - state.answered_at) * 1000;
  if state.circuit <> 'closed' and state.reason <> for_reason then
    return;
  elsif state.recovered_at > moment - make_interval(secs => call_ms / 1000) then
    return;
  end if;

  counts := true;
  state.faults := state.faults + 1;
  state.faulty_since := coalesce(state.faulty_since, moment);
  doubts := state.doubts + 1;
  faulty_ms := extract(epoch from moment - state.faulty_since) * 1000;
  if state.circuit = 'closed' then
    opens := state.faults >= least_faults and faulty_ms >= least_ms;
    is_outage := opens;
    openings := state.openings + case when opens then 1 else 0 end;
  elsif state.probe = by_call then
    opens := true;
  elsif state.circuit = 'open' then
    wait_ms := greatest(0, extract(epoch from state.open_until - moment) * 1000);
  end if;
  update rate_limit as r
  set
    faults = state.faults, faulty_since = state.faulty_since, fault = message,
    doubts = fail_engine_call.doubts, doubtful_since = coalesce(state.doubtful_since, moment),
    openings = fail_engine_call.openings,
    circuit = case when opens then 'open' else r.circuit end,
    reason = case when opens then for_reason else r.reason end,
    open_until = case when opens then moment + make_interval(secs => for_ms / 1000) else r.open_until end,
    failed_probes = case when opens then 0 else r.failed_probes end,
    probe = case when opens then null else r.probe end,
    probe_until = case when opens then null else r.probe_until end
  where r.engine = of_engine;
end
$$;

-- function engine-limit/lock_engine
create or replace function trans_hub.lock_engine(of_engine text) returns trans_hub.rate_limit
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  state rate_limit;
begin
  loop
    select * into state from rate_limit as r where r.engine = of_engine for update;
    if found then
      return state;
    end if;
    insert into rate_limit (engine) values (of_engine) on conflict do nothing;
  end loop;
end
$$;

-- function engine-limit/open_engine_circuit
create or replace function trans_hub.open_engine_circuit(
  of_engine text, by_call uuid, for_reason text, for_ms double precision, longest_ms double precision,
  out wait_ms double precision, out openings bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  state rate_limit := lock_engine(of_engine);
  moment timestamptz := clock_timestamp();
begin
  if state.circuit = 'closed' then
    state.openings := state.openings + 1;
    state.failed_probes := 0;
  elsif state.probe = by_call then
    state.failed_probes := least(state.failed_probes + 1, 30);
  else
    openings := state.openings;
    wait_ms := greatest(0, extract(epoch from state.open_until - moment) * 1000);
    return;
  end if;
  openings := state.openings;
  wait_ms := least(longest_ms, for_ms * 2 ^ state.failed_probes);
  update rate_limit as r
  set
    circuit = 'open', reason = for_reason, openings = state.openings, failed_probes = state.failed_probes,
    open_until = moment + make_interval(secs => wait_ms / 1000), probe = null, probe_until = null
  where r.engine = of_engine;
end
$$;

-- function engine-limit/pause_engine
create or replace function trans_hub.pause_engine(
  of_engine text, for_ms double precision, out wait_ms double precision, out is_new boolean
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  state rate_limit := lock_engine(of_engine);
  moment timestamptz := clock_timestamp();
  ends timestamptz := greatest(state.paused_until, moment + make_interval(secs => for_ms / 1000));
begin
  is_new := state.paused_until is null or state.paused_until <= moment;
  wait_ms := extract(epoch from ends - moment) * 1000;
  if ends is distinct from state.paused_until then
    update rate_limit as r set paused_until = ends where r.engine = of_engine;
  end if;
end
$$;

-- function engine-limit/renew_engine_calls
create or replace function trans_hub.renew_engine_calls(of_engine text, call_ids uuid[], lease_ms double precision) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  state rate_limit := lock_engine(of_engine);
  ends timestamptz := clock_timestamp() + make_interval(secs => lease_ms / 1000);
begin
  update engine_lease as l set ends_at = ends where l.call_id = any (call_ids);
  if state.probe = any (call_ids) and state.reason <> 'TH_ENGINE_TRANSIENT' then
    update rate_limit as r set probe_until = ends where r.engine = of_engine;
  end if;
end
$$;

-- function engine-limit/reserve_engine
create or replace function trans_hub.reserve_engine(
  of_engine text, by_call uuid, want_tokens double precision,
  request_burst double precision, request_rate double precision,
  token_burst double precision, token_rate double precision,
  most_calls integer, ahead_ms double precision, lease_ms double precision, beside_outage boolean,
  out granted boolean, out wait_ms double precision, out held_by text, out is_probe boolean,
  out reason text, out openings bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  state rate_limit := lock_engine(of_engine);
  -- Read after the lock, so that it never runs backwards from one holder of the lock to the next. After the clock was set
  -- back, the bucket refills from the new time on instead of blocking all calls until the old time is reached.
  moment timestamptz := clock_timestamp();
  seconds double precision := greatest(0, extract(epoch from moment - state.refilled_at));
  running bigint;
  is_beside boolean := beside_outage and state.circuit <> 'closed' and state.reason = 'TH_ENGINE_TRANSIENT'
    and (state.open_until > moment or state.probe_until > moment);
begin
  granted := false;
  is_probe := state.circuit <> 'closed';
  reason := state.reason;
  openings := state.openings;
  wait_ms := 0;

  if state.paused_until > moment then
    held_by := 'pause';
    wait_ms := extract(epoch from state.paused_until - moment) * 1000;
    return;
  elsif not is_beside and state.circuit = 'open' and state.open_until > moment then
    held_by := 'circuit';
    wait_ms := extract(epoch from state.open_until - moment) * 1000;
    return;
  elsif not is_beside and state.circuit = 'half_open' and state.probe_until > moment then
    held_by := 'probe';
    -- The probe answers long before its lease ends.
    wait_ms := least(extract(epoch from state.probe_until - moment) * 1000, 5000);
    return;
  end if;

  if request_rate is not null then
    state.requests := least(request_burst, coalesce(state.requests, request_burst) + seconds * request_rate);
    wait_ms := greatest(wait_ms, (1 - state.requests) / request_rate * 1000);
  end if;
  if token_rate is not null then
    state.tokens := least(token_burst, coalesce(state.tokens, token_burst) + seconds * token_rate);
    wait_ms := greatest(wait_ms, (least(want_tokens, token_burst) - state.tokens) / token_rate * 1000);
  end if;
  if wait_ms > ahead_ms then
    held_by := 'rate';
    return;
  end if;

  if most_calls is not null then
    delete from engine_lease as l where l.engine = of_engine and l.ends_at <= moment;
    select count(*) into running from engine_lease as l where l.engine = of_engine;
    if running >= most_calls then
      held_by := 'calls';
      wait_ms := 0;
      return;
    end if;
    insert into engine_lease (call_id, engine, ends_at)
    values (by_call, of_engine, moment + make_interval(secs => lease_ms / 1000));
  end if;

  update rate_limit as r
  set
    requests = case when request_rate is null then state.requests else state.requests - 1 end,
    tokens = case when token_rate is null then state.tokens else state.tokens - want_tokens end,
    refilled_at = moment,
    circuit = case when is_beside then r.circuit when is_probe then 'half_open' else 'closed' end,
    probe = case when is_beside then r.probe when is_probe then by_call end,
    probe_until = case when is_beside then r.probe_until when is_probe then moment + make_interval(secs => lease_ms / 1000) end
  where r.engine = of_engine;
  granted := true;
end
$$;

-- function engine-limit/reset_engine
create or replace function trans_hub.reset_engine(of_engine text, with_pause boolean) returns setof text
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  held text[];
begin
  with locked as materialized (
    select r.engine
    from rate_limit as r
    where (of_engine is null or r.engine = of_engine)
      and (r.circuit <> 'closed' or (with_pause and r.paused_until > clock_timestamp()))
    order by r.engine
    for update
  ), closed as (
    update rate_limit as r
    set
      circuit = 'closed', reason = null, open_until = null, failed_probes = 0, probe = null, probe_until = null,
      faults = 0, faulty_since = null, fault = null, doubts = 0, doubtful_since = null,
      paused_until = case when with_pause then null else r.paused_until end
    from locked as l
    where r.engine = l.engine
    returning r.engine
  )
  select array_agg(c.engine order by c.engine) into held from closed as c;
  return query select unnest(held);
end
$$;

-- function engine-limit/settle_engine_call
create or replace function trans_hub.settle_engine_call(
  of_engine text, by_call uuid, more_tokens double precision, works boolean, retry_ms double precision, call_ms double precision
) returns boolean
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  state rate_limit := lock_engine(of_engine);
  moment timestamptz := clock_timestamp();
  answers boolean := works is true;
  was_probe boolean := coalesce(state.probe = by_call, false);
  ends_outage boolean := answers and state.circuit <> 'closed' and state.reason = 'TH_ENGINE_TRANSIENT';
  closes boolean := ends_outage or (was_probe and answers);
  began_later boolean := answers and state.doubtful_since <= moment - make_interval(secs => call_ms / 1000);
begin
  delete from engine_lease as l where l.call_id = by_call;
  update rate_limit as r
  set
    tokens = r.tokens - more_tokens,
    circuit = case when closes then 'closed' when was_probe then 'open' else r.circuit end,
    reason = case when closes then null else r.reason end,
    open_until = case
      when closes then null
      when was_probe then moment + make_interval(secs => retry_ms / 1000)
      else r.open_until
    end,
    failed_probes = case when closes then 0 else r.failed_probes end,
    probe = case when was_probe or closes then null else r.probe end,
    probe_until = case when was_probe or closes then null else r.probe_until end,
    faults = case when answers then 0 else r.faults end,
    faulty_since = case when answers then null else r.faulty_since end,
    fault = case when answers then null else r.fault end,
    doubts = case when began_later or closes then 0 else r.doubts end,
    doubtful_since = case when began_later or closes then null else r.doubtful_since end,
    recovered_at = case when ends_outage then moment else r.recovered_at end,
    answered_at = case when answers then moment else r.answered_at end
  where r.engine = of_engine;
  return closes;
end
$$;

-- function feed/note_renames
create or replace function trans_hub.note_renames(items trans_hub.grouped_items, content_nos bigint[], context_nos bigint[])
returns void
language plpgsql volatile
-- Planned at each call. A plan that was made on an empty table reads all uses for each id, by the index of contents: registering 1,000
-- texts took seconds.
set plan_cache_mode = force_custom_plan
as $$
declare
  projects text[];
  contents bigint[];
  contexts bigint[];
begin
  select array_agg(r.project), array_agg(r.content_no), array_agg(r.context_no)
  into projects, contents, contexts
  from (
    select distinct i.project, i.content_no, i.context_no
    from (
      select distinct
        items.group_projects[coalesce(i.group_no, 1)] as project, i.business_id, i.content_no, i.context_no
      from unnest(items.item_groups, items.business_ids, content_nos, context_nos)
        as i (group_no, business_id, content_no, context_no)
      where i.business_id <> ''
    ) as i
    left join lateral (
      select s.content_no, s.context_no
      from source as s
      where s.project = i.project and s.business_id = i.business_id
      order by s.last_seen_at desc
      limit 1
    ) as meant on true
    where case
      when meant.content_no is not null then (meant.content_no, meant.context_no) <> (i.content_no, i.context_no)
      else exists (
        select from translation as t
        where t.content_no = i.content_no and t.context_no = i.context_no and t.project = i.project and t.text is not null
        offset 0
      )
    end
  ) as r;
  if projects is not null then
    perform write_events('renamed', projects, null, contents, contexts, null);
  end if;
end
$$;

-- function feed/prune_events
create or replace function trans_hub.prune_events(retention interval, most integer) returns integer
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  first bigint;
  last bigint;
  removed integer;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('prune_events');
  end if;
  delete from feed_switch as w
  where w.read_at < now() - greatest(retention, interval '1 hour') and w.opened_at < now() - greatest(retention, interval '1 hour')
    -- Servers read for webhooks only what there is to read.
    and not exists (select from webhook as h where h.disabled_at is null);
  perform from feed_head for update;
  first := (select min(p.position) from event_position as p);
  select least(first + most - 1, h.position) into last from feed_head as h;
  -- An event up to `oldest` is of an earlier opening of the feed; no reader gets it any more.
  last := coalesce(
    (
      select p.position - 1
      from event_position as p
      join event as e on e.n = p.n
      where p.position between first and last and p.position > (select h.oldest from feed_head as h)
        and e.at >= now() - retention
      order by p.position
      limit 1
    ),
    last
  );
  if first is null or last < first then
    return 0;
  end if;
  delete from event as e using event_position as p where p.position between first and last and e.n = p.n;
  delete from event_position as p where p.position between first and last;
  get diagnostics removed = row_count;
  update feed_head as h set oldest = greatest(h.oldest, last);
  return removed;
end
$$;

-- function feed/sequence_events
create or replace function trans_hub.sequence_events(most integer) returns integer
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set jit = off
as $$
declare
  sequenced integer;
begin
  -- Mostly there is nothing to do, and then it writes nothing and takes no lock.
  if not exists (select from event_queue) then
    return 0;
  end if;
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('sequence_events');
  end if;
  perform from feed_head for update skip locked;
  if not found then
    return 0;
  end if;
  -- A position that a reader was told must not be given to another event after a crash. Until the end of the transaction, which
  -- a SET of the function is not.
  if current_setting('synchronous_commit') not in ('on', 'remote_apply', 'remote_write') then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  with head as materialized (
    select h.position from feed_head as h
  ), next as materialized (
    select q.ctid from event_queue as q order by q.n limit most
  ), gone as (
    delete from event_queue as q where q.ctid = any (array(select x.ctid from next as x)) returning q.n
  ), placed as (
    insert into event_position (position, n)
    select h.position + row_number() over (order by g.n), g.n
    from gone as g, head as h
    returning position
  ), moved as (
    update feed_head as f
    set position = f.position + p.count
    from (select count(*) as count from placed) as p
    where p.count > 0
    returning p.count
  )
  select coalesce(max(m.count), 0)::integer into sequenced from moved as m;
  return sequenced;
end
$$;

-- function feed/write_events
create or replace function trans_hub.write_events(
  of_kind text, projects text[], target_locales text[], content_nos bigint[], context_nos bigint[], revisions integer[]
) returns void
language sql volatile
as $$
  with written as (
    insert into trans_hub.event (kind, project, target_locale, content_nos, context_nos, revisions)
    select
      of_kind, c.project, c.target_locale, array_agg(c.content_no order by c.ord),
      case when min(c.context_no) = max(c.context_no) then array[min(c.context_no)] else array_agg(c.context_no order by c.ord) end,
      case
        when min(c.revision) is null then null
        when min(c.revision) = max(c.revision) then array[min(c.revision)]
        else array_agg(c.revision order by c.ord)
      end
    from unnest(projects, target_locales, content_nos, context_nos, revisions)
      with ordinality as c (project, target_locale, content_no, context_no, revision, ord)
    where exists (select from trans_hub.feed_switch)
    -- An act of an operator may change a million texts. A reader gets an event whole.
    group by c.project, c.target_locale, (c.ord - 1) / 2000
    returning n
  )
  insert into trans_hub.event_queue (n) select w.n from written as w
$$;

-- function memory/drop_memory_texts
create or replace function trans_hub.drop_memory_texts(text_nos bigint[]) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  locked bigint[];
begin
  if text_nos is null then
    return;
  end if;
  -- Locked by one statement and removed by the next: a pair that is stored meanwhile is seen (remember_units).
  select array_agg(t.text_no) into locked
  from (
    select t.text_no from memory_text as t where t.text_no = any (text_nos)
    order by t.source_id, t.project, t.source_locale
    for update
  ) as t;
  with gone as (
    delete from memory_text as t
    where t.text_no = any (locked) and not exists (select from memory_unit as u where u.text_no = t.text_no offset 0)
    returning t.text_no, t.bands
  ), key as materialized (
    select k.ctid
    from gone as g
    cross join lateral unnest(g.bands) as b (band)
    cross join lateral (
      select k.ctid from memory_key as k where k.band = b.band and k.text_no = g.text_no offset 0
    ) as k
  )
  delete from memory_key as k using key where k.ctid = key.ctid;
end
$$;

-- function memory/forget_in_memory
create or replace function trans_hub.forget_in_memory(of_project text, texts text[], source_locales text[]) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  doomed bigint[];
  forgotten bigint;
begin
  select array_agg(t.text_no), count(distinct t.source_id) into doomed, forgotten
  from (
    select t.text_no, t.source_id
    from (
      select distinct content_id('', i.text) as id, split_part(i.source_locale, '-', 1) as language
      from unnest(texts, source_locales) as i (text, source_locale)
    ) as i
    cross join lateral (
      select t.text_no, t.source_id, split_part(t.source_locale, '-', 1) as language from memory_text as t
      where t.source_id = i.id and t.project = of_project
      offset 0
    ) as t
    where i.language in (t.language, 'und') or t.language = 'und'
  ) as t;
  if doomed is null then
    return 0;
  end if;
  perform from memory_text as t where t.text_no = any (doomed) order by t.source_id, t.project, t.source_locale for update;
  delete from memory_unit as u where u.text_no = any (doomed);
  perform drop_memory_texts(doomed);
  return forgotten;
end
$$;

-- function memory/forget_units
create or replace function trans_hub.forget_units(
  content_nos bigint[], target_locales text[], context_nos bigint[], projects text[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  texts bigint[];
begin
  -- Sources are locked before their pairs, as in every function (README of functions).
  select array_agg(u.text_no) into texts
  from unnest(content_nos, target_locales, context_nos, projects) as i (content_no, target_locale, context_no, project)
  cross join lateral (
    select u.text_no from memory_unit as u
    where u.content_no = i.content_no and u.target_locale = i.target_locale and u.context_no = i.context_no
      and u.project = i.project and u.origin = 'approved'
    offset 0
  ) as u;
  if texts is null then
    return;
  end if;
  perform from memory_text as t where t.text_no = any (texts) order by t.source_id, t.project, t.source_locale for update;
  delete from memory_unit as u
  using (
    select u.ctid
    from unnest(content_nos, target_locales, context_nos, projects) as i (content_no, target_locale, context_no, project)
    cross join lateral (
      select u.ctid from memory_unit as u
      where u.content_no = i.content_no and u.target_locale = i.target_locale and u.context_no = i.context_no
        and u.project = i.project and u.origin = 'approved'
      offset 0
    ) as u
  ) as place
  where u.ctid = place.ctid;
  perform drop_memory_texts(texts);
end
$$;

-- function memory/has_memory
create or replace function trans_hub.has_memory(of_project text) returns boolean
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
  return exists (select from memory_unit as m where m.project = of_project);
end
$$;

-- function memory/key_memory_texts
create or replace function trans_hub.key_memory_texts(text_nos bigint[], new_bands text[], of_key_version smallint) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  keyed bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('key_memory_texts');
  end if;
  perform from memory_text as t where t.text_no = any (text_nos) order by t.source_id, t.project, t.source_locale for update;
  with item as materialized (
    select t.text_no, t.bands as old_bands, i.bands::integer[] as new_bands
    from unnest(text_nos, new_bands) as i (text_no, bands)
    cross join lateral (
      select t.text_no, t.bands from memory_text as t where t.text_no = i.text_no and t.key_version < of_key_version offset 0
    ) as t
  ), old_key as materialized (
    select k.ctid
    from item as i
    cross join lateral unnest(i.old_bands) as b (band)
    cross join lateral (
      select k.ctid from memory_key as k where k.band = b.band and k.text_no = i.text_no offset 0
    ) as k
    where b.band <> all (i.new_bands)
  ), unkeyed as (
    delete from memory_key as k using old_key as o where k.ctid = o.ctid
  ), new_key as (
    insert into memory_key (band, text_no)
    select b.band, i.text_no from item as i cross join lateral unnest(i.new_bands) as b (band)
    order by 1, 2
    on conflict do nothing
  ), noted as (
    update memory_text as t set bands = i.new_bands, key_version = of_key_version
    from item as i
    where t.text_no = i.text_no
    returning 1
  )
  select count(*) into keyed from noted;
  return keyed;
end
$$;

-- function memory/note_memory_uses
create or replace function trans_hub.note_memory_uses(
  content_nos bigint[], target_locales text[], context_nos bigint[], projects text[], revisions integer[], unit_nos text[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
  insert into memory_use (content_no, target_locale, context_no, project, revision, unit_nos)
  select i.content_no, i.target_locale, i.context_no, i.project, i.revision, i.unit_nos::bigint[]
  from unnest(content_nos, target_locales, context_nos, projects, revisions, note_memory_uses.unit_nos)
    as i (content_no, target_locale, context_no, project, revision, unit_nos)
  where exists (
    select from translation as t
    where t.content_no = i.content_no and t.target_locale = i.target_locale and t.context_no = i.context_no
      and t.project = i.project and t.revision = i.revision
    offset 0
  )
  order by i.content_no, i.target_locale, i.context_no, i.project
  on conflict on constraint memory_use_pkey do update set revision = excluded.revision, unit_nos = excluded.unit_nos;
end
$$;

-- function memory/remember_rows
create or replace function trans_hub.remember_rows(
  content_nos bigint[], target_locales text[], context_nos bigint[], projects text[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
  if exists (select from memory_unit) then
    perform forget_units(
      array_agg(i.content_no), array_agg(i.target_locale), array_agg(i.context_no), array_agg(i.project)
    )
    from unnest(content_nos, target_locales, context_nos, projects) as i (content_no, target_locale, context_no, project)
    where not exists (
      select from translation as t
      where t.content_no = i.content_no and t.target_locale = i.target_locale and t.context_no = i.context_no
        and t.project = i.project and t.status = 'approved' and octet_length(t.text) <= 32768 and btrim(t.text) <> ''
      offset 0
    );
  end if;
  perform remember_units(
    array_agg(r.project), array_agg(r.source_locale), array_agg(r.source), null, 0::smallint, array_agg(r.target_locale),
    array_agg(r.target), 'approved', array_agg(r.content_no), array_agg(r.context_no), array_agg(r.approved_by), null
  )
  from (
    select distinct on (i.content_no, i.target_locale, i.context_no, i.project) i.*, c.source_locale, c.text as source, t.target, t.approved_by
    from unnest(content_nos, target_locales, context_nos, projects) as i (content_no, target_locale, context_no, project)
    cross join lateral (
      select t.text as target, left(t.approved_by, 60) as approved_by
      from translation as t
      where t.content_no = i.content_no and t.target_locale = i.target_locale and t.context_no = i.context_no
        and t.project = i.project and t.status = 'approved' and octet_length(t.text) <= 32768 and btrim(t.text) <> ''
      offset 0
    ) as t
    cross join lateral (
      select c.source_locale, c.text from content as c where c.content_no = i.content_no and octet_length(c.text) <= 32768
      offset 0
    ) as c
  ) as r
  having count(*) > 0;
end
$$;

-- function memory/remember_units
create or replace function trans_hub.remember_units(
  projects text[], source_locales text[], sources text[], bands text[], of_key_version smallint, target_locales text[],
  targets text[], of_origin text, content_nos bigint[], context_nos bigint[], people text[], times timestamptz[]
) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  ids uuid[];
  wanted bigint;
  found_nos bigint[];
  written bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('remember_units');
  end if;
  select array_agg(content_id('', s.source) order by s.ord) into ids from unnest(sources) with ordinality as s (source, ord);
  select count(*) into wanted
  from (select distinct i.id, i.project, i.source_locale from unnest(ids, projects, source_locales) as i (id, project, source_locale)) as i;
  for tries in 1..10 loop
    with made as (
      insert into memory_text (project, source_locale, source_id, source, bands, key_version)
      select distinct on (i.id, i.project, i.source_locale) i.project, i.source_locale, i.id, i.source,
        coalesce(i.bands::integer[], '{}'), case when i.bands is null then 0 else of_key_version end
      from unnest(projects, source_locales, ids, sources, bands) as i (project, source_locale, id, source, bands)
      order by i.id, i.project, i.source_locale
      on conflict on constraint memory_text_is_stored_once do nothing
      returning memory_text.text_no, memory_text.bands
    )
    insert into memory_key (band, text_no)
    select b.band, m.text_no from made as m cross join lateral unnest(m.bands) as b (band)
    order by 1, 2
    on conflict do nothing;
    -- A source that another transaction is removing is not there after its commit: then it is made anew.
    select array_agg(t.text_no) into found_nos
    from (
      select t.text_no
      from (
        select distinct i.id, i.project, i.source_locale from unnest(ids, projects, source_locales) as i (id, project, source_locale)
        order by i.id, i.project, i.source_locale
      ) as i
      cross join lateral (
        select t.text_no from memory_text as t
        where t.source_id = i.id and t.project = i.project and t.source_locale = i.source_locale
        for no key update
      ) as t
    ) as t;
    exit when cardinality(found_nos) = wanted;
  end loop;

  with item as materialized (
    select t.text_no, i.*
    from unnest(
      projects, source_locales, ids, target_locales, targets, content_nos, context_nos, people, times
    ) with ordinality as i (
      project, source_locale, id, target_locale, target, content_no, context_no, person, at, ord
    )
    cross join lateral (
      select t.text_no from memory_text as t
      where t.source_id = i.id and t.project = i.project and t.source_locale = i.source_locale
      offset 0
    ) as t
  ), of_rows as (
    insert into memory_unit as u (
      project, text_no, target_locale, target, target_id, origin, content_no, context_no, made_by, made_at
    )
    select
      i.project, i.text_no, i.target_locale, i.target, content_id(i.target_locale, i.target),
      of_origin, i.content_no, i.context_no, i.person, coalesce(i.at, now())
    from item as i
    where i.content_no is not null
    order by i.content_no, i.target_locale, i.context_no, i.project
    on conflict (content_no, target_locale, context_no, project) where origin = 'approved'
    do update set text_no = excluded.text_no, target = excluded.target, target_id = excluded.target_id,
      made_by = excluded.made_by, made_at = excluded.made_at
    returning 1
  ), imported as (
    insert into memory_unit (
      project, text_no, target_locale, target, target_id, origin, made_by, made_at
    )
    select
      i.project, i.text_no, i.target_locale, i.target, i.target_id, of_origin, i.person,
      coalesce(i.at, now())
    from (
      select distinct on (i.text_no, i.target_id) i.*
      from (select i.*, content_id(i.target_locale, i.target) as target_id from item as i where i.content_no is null) as i
      order by i.text_no, i.target_id, i.ord
    ) as i
    order by i.ord
    on conflict (text_no, target_id) where origin = 'tmx' do nothing
    returning 1
  )
  select (select count(*) from of_rows) + (select count(*) from imported) into written;
  return written;
end
$$;

-- function memory/same_units
create or replace function trans_hub.same_units(
  of_project text, of_target_language text, sources text[], everywhere boolean,
  out place integer, out is_own boolean, out unit_no bigint, out source text, out source_locale text, out target text,
  out target_locale text, out origin text, out made_by text, out made_at timestamptz
) returns setof record
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
begin
  return query
  select
    q.ord::integer, u.is_own, u.unit_no, q.source, u.source_locale, u.target, u.target_locale, u.origin, u.made_by, u.made_at
  from unnest(sources) with ordinality as q (source, ord)
  cross join lateral (
    select t.project = of_project as is_own, t.source_locale, u.*
    from memory_text as t
    cross join lateral (
      select u.unit_no, u.target, u.target_locale, u.origin, u.made_by, u.made_at
      from memory_unit as u
      where u.text_no = t.text_no and split_part(u.target_locale, '-', 1) = of_target_language
      offset 0
    ) as u
    where t.source_id = content_id('', q.source) and (t.project = of_project or everywhere)
    order by t.project = of_project desc, u.origin, u.made_at desc, u.unit_no desc
    limit 20
  ) as u;
end
$$;

-- function memory/similar_units
create or replace function trans_hub.similar_units(
  of_project text, of_target_language text, places integer[], bands integer[], most integer,
  out place integer, out is_own boolean, out unit_no bigint, out source text, out source_locale text, out target text,
  out target_locale text, out origin text, out made_by text, out made_at timestamptz
) returns setof record
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
begin
  return query
  with hit as materialized (
    select q.place, k.text_no, count(*) as shared
    from unnest(places, bands) as q (place, band)
    cross join lateral (
      select k.text_no from memory_key as k where k.band = q.band order by k.text_no desc limit 500
    ) as k
    group by q.place, k.text_no
    having count(*) >= 2
  ), best as materialized (
    select h.place, h.text_no
    from (
      select h.*, row_number() over (partition by h.place order by h.shared desc, h.text_no desc) as rank from hit as h
    ) as h
    where h.rank <= most
  )
  select b.place, true, u.unit_no, t.source, t.source_locale, u.target, u.target_locale, u.origin, u.made_by, u.made_at
  from best as b
  cross join lateral (
    select t.source, t.source_locale from memory_text as t where t.text_no = b.text_no and t.project = of_project offset 0
  ) as t
  cross join lateral (
    select u.* from memory_unit as u
    where u.text_no = b.text_no and split_part(u.target_locale, '-', 1) = of_target_language
    order by u.origin, u.made_at desc, u.unit_no desc
    limit 20
  ) as u;
end
$$;

-- function operations/due_lanes
create or replace function trans_hub.due_lanes(out texts bigint, out since timestamptz) returns setof record
language sql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  with lane as materialized (
    select
      b.project, b.target_locale, sum(cardinality(b.content_nos))::bigint as texts, min(greatest(b.created_at, b.run_at)) as since
    from batch as b
    where b.run_at <= now()
    group by b.project, b.target_locale
  )
  select l.texts, l.since from lane as l where not is_paused(l.project, l.target_locale)
  union all
  select sum(i.item_count)::bigint, min(greatest(i.created_at, i.run_at))
  from inbox as i
  where i.refused is null and i.run_at <= now()
  having count(*) > 0
$$;

-- function operations/oldest_ready_seconds
create or replace function trans_hub.oldest_ready_seconds() returns double precision
language sql stable security definer
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select coalesce(greatest(0, extract(epoch from now() - min(l.since))), 0)::double precision from trans_hub.due_lanes() as l
$$;

-- function operations/ready_texts
create or replace function trans_hub.ready_texts() returns bigint
language sql stable security definer
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select coalesce(sum(l.texts), 0)::bigint from trans_hub.due_lanes() as l
$$;

-- function operations/schema_state
create or replace function trans_hub.schema_state(newest text, newest_graphile integer, out names text[], out newer_graphile integer)
language plpgsql stable security definer
set search_path = pg_catalog, trans_hub, pg_temp
as $$
begin
  select
    array(select m.name from trans_hub.migration as m where m.name >= newest order by m.name),
    (select max(g.id) from graphile_worker.migrations as g where g.breaking and g.id > newest_graphile)
  into names, newer_graphile;
end
$$;

-- function queue/add_batch_jobs
create or replace function trans_hub.add_batch_jobs(
  batch_ids uuid[], projects text[], target_locales text[], levels smallint[], run_ats timestamptz[],
  job_priorities smallint[] default null
) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
-- See Pragmas: graphile-worker looks for jobs with these keys. Planned while the queue is empty, as it mostly is, the look-up
-- would read all jobs for each chunk once the queue is long.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
  -- Asked once: if the lane opened between two looks, its batches would get a job neither here nor later.
  open_locales text[] := array(select l.locale from target_locale as l where l.locale = any (target_locales));
begin
  perform graphile_worker.add_jobs(array(
    select row(
      'translate:' || j.target_locale, json_build_object('batch', j.batch_id), null, j.run_at, 32767, j.batch_id::text,
      coalesce(j.job_priority, l.job_priority), array['project:' || j.project]
    )::graphile_worker.job_spec
    from unnest(batch_ids, projects, target_locales, levels, run_ats, job_priorities)
      as j (batch_id, project, target_locale, level, run_at, job_priority)
    left join (
      select l.*, job_priority(l.level, l.project, l.target_locale) as job_priority
      from (
        select distinct j.project, j.target_locale, j.level
        from unnest(projects, target_locales, levels, job_priorities) as j (project, target_locale, level, job_priority)
        where j.job_priority is null
      ) as l
      offset 0
    ) as l using (project, target_locale, level)
    where j.target_locale = any (open_locales)
  ));
  if not target_locales <@ open_locales then
    -- Before the lane opens, which is for ever.
    perform require_lane(l.locale)
    from (select unnest(target_locales) as locale except select unnest(open_locales)) as l;
    perform graphile_worker.add_job('open_lanes', max_attempts => 32767, priority => -2000);
  end if;
end
$$;

-- function queue/hasten_postponed
create or replace function trans_hub.hasten_postponed(after uuid, size integer, out reached uuid, out hastened bigint)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  due uuid[];
begin
  select array_agg(b.batch_id), max(b.batch_id::text)::uuid into due, reached
  from (
    select b.batch_id
    from batch as b
    where b.batch_id > after and b.is_postponed and b.run_at > now() and b.run_at < 'infinity'
    order by b.batch_id
    limit size
    for update skip locked
  ) as b;
  update batch as b set run_at = now() where b.batch_id = any (due);
  get diagnostics hastened = row_count;
  perform renew_batch_jobs(due);
end
$$;

-- function queue/hints_of
create or replace function trans_hub.hints_of(of_project text, content_nos bigint[], context_nos bigint[]) returns json
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
  -- Of a project without hints, this look is all: a third of the other.
  if not exists (select from hint as h where h.content_no = any (content_nos) and h.project = of_project) then
    return null;
  end if;
  return (
    select json_object_agg(i.ord, i.hint)
    from (
      select
        i.ord,
        (array_agg(h.hint order by h.noted_at desc, h.business_id))[1]
        || jsonb_strip_nulls(jsonb_build_object('maxLength', min((h.hint ->> 'maxLength')::numeric))) as hint
      from unnest(content_nos, context_nos) with ordinality as i (content_no, context_no, ord)
      cross join lateral (
        select h.hint, h.noted_at, h.business_id
        from hint as h
        where h.content_no = i.content_no and h.context_no = i.context_no and h.project = of_project
        limit 1000
      ) as h
      where h.hint <> '{}'
      group by i.ord
    ) as i
  );
end
$$;

-- function queue/is_paused
create or replace function trans_hub.is_paused(of_project text, of_locale text) returns boolean
language sql stable
return exists (
  select from trans_hub.pause as p
  where p.kind = 'everything'
    or p.kind = 'project' and p.name = of_project
    or p.kind = 'locale' and p.name = of_locale
);

-- function queue/job_priority
create or replace function trans_hub.job_priority(level smallint, of_project text, of_locale text) returns smallint
language plpgsql stable
-- The plan is cached per session. Without these settings PostgreSQL builds a bitmap of all matching rows to read 128 of them.
set enable_seqscan = off
set enable_indexscan = on
as $$
declare
  waiting bigint := (
    select count(*)
    from (select from trans_hub.batch where project = of_project and target_locale = of_locale limit 128) as some_waiting
  );
begin
  if waiting = 128 then
    select greatest(waiting, 16 * count(*))
    into waiting
    from (
      select from trans_hub.batch
      where project = of_project and target_locale = of_locale and left(batch_id::text, 1) = '0'
      limit 500
    ) as one_in_16;
  end if;
  return level * 1000 + least(waiting / 8, 999);
end
$$;

-- function queue/open_lanes
create or replace function trans_hub.open_lanes(locales text[]) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
-- See add_batch_jobs: a session plans graphile-worker's statements once.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
  new_locale text;
begin
  foreach new_locale in array coalesce(locales, '{}') loop
    perform require_lane(new_locale);
  end loop;
  for new_locale in
    select distinct l.locale
    from (
      select unnest(locales) as locale
      union all
      select b.target_locale from batch as b where locales is null
    ) as l
    where not exists (select from target_locale as t where t.locale = l.locale)
    order by 1
  loop
    perform graphile_worker.add_job(
      'translate:' || new_locale, job_key => 'open translate:' || new_locale, run_at => 'infinity'
    );
    perform graphile_worker.remove_job('open translate:' || new_locale);
    insert into target_locale (locale) values (new_locale) on conflict do nothing;
  end loop;
end
$$;

-- function queue/park_batches
create or replace function trans_hub.park_batches(batch_ids uuid[]) returns setof uuid
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  parked uuid[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('park_batches');
  end if;
  perform from pause order by kind, name for key share;

  with locked as materialized (
    select b.batch_id
    from batch as b
    where b.batch_id = any (batch_ids) and is_paused(b.project, b.target_locale)
    order by b.batch_id
    for update
  ), moved as (
    update batch as b set run_at = 'infinity', waits_for = 'pause', started_by = null
    from locked as l
    where b.batch_id = l.batch_id
    returning b.batch_id
  )
  select array_agg(m.batch_id) into parked from moved as m;
  -- The caller's job loses its key here, and ends with the caller; this adds the job that waits.
  perform trans_hub.renew_batch_jobs(parked);
  return query select unnest(parked);
end
$$;

-- function queue/park_waiting
create or replace function trans_hub.park_waiting(after uuid, size integer, out reached uuid, out parked bigint)
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  due uuid[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('park_waiting');
  end if;
  perform from pause order by kind, name for key share;
  select array_agg(b.batch_id), max(b.batch_id::text)::uuid into due, reached
  from (
    select b.batch_id
    from batch as b
    where b.batch_id > after and b.run_at <= now() and is_paused(b.project, b.target_locale)
    order by b.batch_id
    limit size
    for update
  ) as b;
  -- graphile-worker moves the jobs that no worker holds, and gives them.
  update batch as b set run_at = 'infinity', waits_for = 'pause'
  from (
    select j.key
    from graphile_worker.reschedule_jobs(
      array(select j.id from graphile_worker.jobs as j where j.key = any (due::text[])), run_at => 'infinity'
    ) as j
  ) as moved
  where b.batch_id = any (due) and b.batch_id::text = moved.key;
  get diagnostics parked = row_count;
end
$$;

-- function queue/prune_batches
create or replace function trans_hub.prune_batches(batch_ids uuid[]) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  parked_jobs bigint;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('prune_batches');
  end if;
  perform from batch as b where b.batch_id = any (batch_ids) order by b.batch_id for update;

  with kept as materialized (
    select
      b.batch_id,
      array_agg(e.content_no order by e.ord) as content_nos,
      array_agg(e.context_no order by e.ord) as context_nos,
      array_agg(e.revision order by e.ord) as revisions,
      jsonb_agg(coalesce(b.history -> (e.ord - 1)::integer, '[]') order by e.ord) as history
    from batch as b
    cross join lateral unnest(b.content_nos, b.context_nos, b.revisions)
      with ordinality as e (content_no, context_no, revision, ord)
    cross join lateral (
      select t.revision from translation as t
      where t.content_no = e.content_no and t.target_locale = b.target_locale
        and t.context_no = e.context_no and t.project = b.project
        and t.status = 'pending' and t.revision = e.revision
      offset 0
    ) as standing
    where b.batch_id = any (batch_ids)
    group by b.batch_id
  ), cut as (
    update batch as b
    set content_nos = k.content_nos, context_nos = k.context_nos, revisions = k.revisions,
      history = case when b.history is not null then k.history end
    from kept as k
    where b.batch_id = k.batch_id and cardinality(k.content_nos) < cardinality(b.content_nos)
  ), gone as (
    delete from batch as b
    where b.batch_id = any (batch_ids) and not exists (select from kept as k where k.batch_id = b.batch_id)
    returning b.batch_id, b.run_at, b.waits_for
  )
  -- The job of a removed batch finds no batch, and ends. A parked job runs late or never, so it is removed here.
  select count(graphile_worker.remove_job(g.batch_id::text)) into parked_jobs
  from gone as g
  where g.waits_for is not null and g.run_at > now();
end
$$;

-- function queue/renew_batch_jobs
create or replace function trans_hub.renew_batch_jobs(batch_ids uuid[]) returns void
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select trans_hub.add_batch_jobs(
    array_agg(b.batch_id), array_agg(b.project), array_agg(b.target_locale), array_agg(b.priority), array_agg(b.run_at)
  )
  from batch as b
  where b.batch_id = any (batch_ids)
  having count(*) > 0
$$;

-- function queue/require_lane
create or replace function trans_hub.require_lane(locale text) returns void
language plpgsql immutable
as $$
begin
  if locale is null or locale = 'und' or trans_hub.canonical_locale(locale) <> locale then
    raise exception using errcode = 'TH005', column = 'targetLocales', message = case
      when locale is null then 'is missing'
      when locale = 'und' then 'cannot be und'
      else 'must be in its canonical spelling, such as zh-CN'
    end;
  end if;
end
$$;

-- function queue/unpark_batches
create or replace function trans_hub.unpark_batches(after uuid, size integer, sure boolean, out reached uuid, out unparked bigint)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  due uuid[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('unpark_batches');
  end if;
  if sure and exists (select from pause as p where p.kind = 'engine') then
    unparked := 0;
    return;
  end if;
  select array_agg(b.batch_id), max(b.batch_id::text)::uuid into due, reached
  from (
    select b.batch_id
    from batch as b
    where b.batch_id > after and b.waits_for = 'pause' and not is_paused(b.project, b.target_locale)
    order by b.batch_id
    limit size
    for update skip locked
  ) as b;
  update batch as b set run_at = now(), waits_for = null where b.batch_id = any (due);
  get diagnostics unparked = row_count;
  perform renew_batch_jobs(due);
end
$$;

-- function read/export_texts
create or replace function trans_hub.export_texts(
  of_project text, target_locales text[], id_prefix text, only_approved boolean, after text, most integer
) returns table (
  business_id text, content_no bigint, context_no bigint, text text, is_known boolean, is_due boolean, key_text text, page_rows bigint
)
language plpgsql stable rows 1000
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
  due_before timestamptz;
begin
  due_before := now() - least(
    interval '1 day', (select min(g.retention) / 10 from gc_run as g where g.started_at > now() - interval '1 day')
  );
  return query
  select p.business_id, p.content_no, p.context_no, p.text, p.is_known, p.is_due, p.key_text, p.page_rows
  from (
    select
      i.*, count(*) over () as page_rows,
      sum(coalesce(octet_length(i.text), 0)::bigint) over page as bytes_so_far,
      row_number() over page as ord
    from (
      -- One pass along the key of the uses: the rows of an id are sorted by themselves, and the pass ends with the page.
      select distinct on (s.business_id)
        s.business_id, s.content_no, s.context_no, k.text, k.is_known, s.last_seen_at < due_before as is_due,
        case when octet_length(c.text) <= 16384 and s.business_id ~ '~[0-9a-f]{16}$' then c.text end as key_text
      from source as s
      cross join unnest(target_locales) with ordinality as w (locale, ord)
      left join lateral (
        select t.status, case when octet_length(t.text) <= 16777216 then t.text end as text,
          t.text is not null and (t.status = 'approved' or not only_approved) as has_text
        from translation as t
        where t.content_no = s.content_no and t.target_locale = w.locale and t.context_no = s.context_no
          and t.project = of_project
        offset 0
      ) as t on true
      -- Most rows need no source text: half of the look-ups are saved.
      left join lateral (
        select c.source_locale, c.text from content as c
        where c.content_no = s.content_no and (t.has_text is not true or s.business_id ~ '~[0-9a-f]{16}$')
        offset 0
      ) as c on true
      cross join lateral (
        select
          t.status is not null or coalesce(c.source_locale = w.locale, false) as is_known,
          case
            when t.has_text then t.text
            when c.source_locale = w.locale and octet_length(c.text) <= 16777216 then c.text
          end as text
      ) as k
      where s.project = of_project and s.business_id > after and (id_prefix is null or starts_with(s.business_id, id_prefix))
      order by s.business_id, k.is_known desc, s.last_seen_at desc, s.content_no desc, s.context_no, k.text is null, w.ord
      limit least(greatest(coalesce(most, 0), 0), 10000)
    ) as i
    window page as (order by i.business_id rows unbounded preceding)
  ) as p
  where p.bytes_so_far <= 33554432 or p.ord = 1
  order by p.ord;
end
$$;

-- function read/find_in_inbox
create or replace function trans_hub.find_in_inbox(
  of_project text, of_target_locale text, of_business_id text,
  of_source_locale text, of_text text, of_context text, of_format text
) returns table (
  source_locale text, source_text text, canonical text, business_ids text[], state text, error_code text, error_message text
)
language plpgsql stable rows 1
set search_path = pg_catalog, trans_hub, pg_temp
-- Only the index of items remains: see Pragmas.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
  named jsonb := case
    when of_text is null then jsonb_build_object('businessId', of_business_id) else jsonb_build_object('text', of_text)
  end;
  waiting record;
  item trans_hub.item;
begin
  for waiting in
    select e.value, i.defaults, i.refused
    from inbox as i
    cross join lateral jsonb_array_elements(i.items) with ordinality as e (value, ord)
    where i.items @> jsonb_build_array(named) and e.value @> named
    order by i.refused is not null, i.id desc, e.ord desc
  loop
    begin
      item := read_item(waiting.value, waiting.defaults, 2147483647);
    exception when others then
      -- Only refusals of the item: a fault of the database is not the item's.
      if sqlstate !~ '^(TH0|22)' then
        raise;
      end if;
      continue;
    end;
    continue when item.project <> of_project or not of_target_locale = any (item.target_locales);
    continue when of_text is not null
      and (item.source_locale, item.context, item.format) is distinct from (of_source_locale, of_context, of_format);
    source_locale := item.source_locale;
    source_text := item.text;
    canonical := item.context;
    business_ids := array(select item.business_id where item.business_id <> '');
    state := case when waiting.refused is null then 'queued' else 'failed' end;
    error_code := waiting.refused;
    error_message := case when waiting.refused is not null then 'the database cannot register the request' end;
    return next;
    return;
  end loop;
end
$$;

-- function read/find_row
create or replace function trans_hub.find_row(
  of_project text, of_business_id text, of_source_locale text, of_text text, of_context text, of_format text,
  out content_no bigint, out context_no bigint
)
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
begin
  if of_text is null then
    select s.content_no, s.context_no into find_row.content_no, find_row.context_no
    from source as s
    where s.project = of_project and s.business_id = of_business_id
    order by s.last_seen_at desc, s.content_no desc
    limit 1;
  else
    select c.content_no into find_row.content_no
    from content as c
    where c.content_id = trans_hub.content_id(of_source_locale, of_text);
    if of_context is null and of_format = 'auto' then
      context_no := 0;
    else
      select x.context_no into find_row.context_no
      from context as x
      where x.context_id = trans_hub.context_id(of_context, of_format);
    end if;
  end if;
end
$$;

-- function read/get_translations
create or replace function trans_hub.get_translations(
  items jsonb, target_locale text, prefer text default 'approved-or-translated'
) returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  misfit record;
  field text := 'target_locale';
  named record;
  wanted_locale text;
  are_shown boolean[];
  most_bytes constant bigint := 134217728;
begin
  wanted_locale := canonical_locale(get_translations.target_locale);
  if wanted_locale is null then
    raise exception using errcode = 'TH005', message = 'is missing';
  end if;
  if prefer is null or prefer not in ('approved', 'approved-or-translated') then
    raise exception using errcode = 'TH001', column = 'prefer', message = 'prefer: must be one of approved, approved-or-translated';
  end if;
  field := 'sourceLocale';
  items := (items_of_call(items, null)).list;
  -- One expression says whether there is a misfit, and a query then finds it.
  if jsonb_path_exists(items, 'strict $[*] ? (@.type() != "object"
    || @.text.type() != "string" && @.text.type() != "null" || @.businessId.type() != "string" && @.businessId.type() != "null"
    || @.sourceLocale.type() != "string" && @.sourceLocale.type() != "null"
    || @.format.type() != "string" && @.format.type() != "null" || @.project.type() != "string" && @.project.type() != "null")')
  then
    select i.ord - 1 as index, f.name
    into misfit
    from jsonb_array_elements(items) with ordinality as i (value, ord)
    left join lateral unnest(array['text', 'businessId', 'sourceLocale', 'format', 'project']) as f (name)
      on jsonb_typeof(i.value) = 'object'
    where jsonb_typeof(i.value) <> 'object' or jsonb_typeof(i.value -> f.name) not in ('string', 'null')
    limit 1;
    raise exception using errcode = 'TH001', column = coalesce(misfit.name, 'item'), message = format(
      'items[%s]%s', misfit.index, coalesce('.' || misfit.name || ' must be a string', ' must be an object')
    );
  end if;
  -- In the order of the list, as the function gives it.
  select
    array_agg(i.project) as projects, array_agg(i.business_id) as business_ids, array_agg(i.source_locale) as source_locales,
    array_agg(i.text) as texts, array_agg(i.context) as contexts, array_agg(i.format) as formats,
    array_agg(f.content_no) as content_nos, array_agg(f.context_no) as context_nos
  into named
  from (
    select
      coalesce(i.value ->> 'project', 'default') as project, i.value ->> 'businessId' as business_id,
      canonical_locale(coalesce(i.value ->> 'sourceLocale', 'und')) as source_locale, i.value ->> 'text' as text,
      canonical_json(normal_context(i.value -> 'context')) as context, coalesce(i.value ->> 'format', 'auto') as format
    from jsonb_array_elements(items) as i (value)
    offset 0
  ) as i
  cross join lateral find_row(i.project, i.business_id, i.source_locale, i.text, i.context, i.format) as f;
  perform touch(
    named.projects, named.business_ids, named.source_locales, named.texts, named.contexts, named.formats, interval '1 day'
  );
  if jsonb_array_length(items) > 4 then
    are_shown := array(
      select coalesce(s.bytes_so_far, 0) <= most_bytes
      from (
        select r.ord, sum(s.bytes) over (order by s.bytes, r.ord rows unbounded preceding) as bytes_so_far
        from unnest(named.projects, named.content_nos, named.context_nos) with ordinality as r (project, content_no, context_no, ord)
        left join lateral (
          select octet_length(c.text)::bigint + coalesce((
            select octet_length(t.text) from translation as t
            where t.content_no = r.content_no and t.target_locale = wanted_locale
              and t.context_no = r.context_no and t.project = r.project
          ), 0) as bytes
          from content as c
          where c.content_no = r.content_no
          offset 0
        ) as s on true
      ) as s
      order by s.ord
    );
  end if;
  return (
    select coalesce(
      jsonb_agg(
        case when t.status is not null then jsonb_build_object(
          'id', t.id,
          'project', s.project,
          'sourceLocale', c.source_locale,
          'targetLocale', wanted_locale,
          'sourceText', case when s.is_shown is not false and octet_length(c.text) <= 16777216 then c.text else '' end,
          'context', x.canonical::jsonb,
          'businessIds', coalesce(to_jsonb(t.business_ids), '[]'),
          'status', t.status,
          'text', case when s.is_shown is not false and w.has_text then t.text end,
          'engine', case when w.has_text then t.engine end,
          'model', case when w.has_text then t.model end,
          'flags', case when w.has_text then coalesce(to_jsonb(t.flags), '[]') else '[]' end,
          'revision', t.revision
        ) || case
          when not s.is_shown then jsonb_build_object(
            'error', jsonb_build_object('code', 'TH_TEXT_TOO_LONG', 'message', 'The answer is too long for this text: read it alone')
          )
          when octet_length(c.text) > 16777216 then jsonb_build_object(
            'error', jsonb_build_object('code', 'TH_TEXT_TOO_LONG', 'message', 'The stored text is longer than 16777216 bytes')
          )
          when t.error_code is null then '{}'
          else jsonb_build_object('error', jsonb_build_object('code', t.error_code, 'message', t.error_message))
        end end
        order by s.ord
      ),
      '[]'
    )
    from unnest(named.projects, named.content_nos, named.context_nos, are_shown)
      with ordinality as s (project, content_no, context_no, is_shown, ord)
    left join lateral stored_text(s.content_no, wanted_locale, s.context_no, s.project) as t on true
    cross join lateral (select prefer = 'approved-or-translated' or t.status = 'approved' as has_text) as w
    left join lateral (select c.* from content as c where c.content_no = s.content_no offset 0) as c on true
    left join lateral (select x.* from context as x where x.context_no = s.context_no offset 0) as x on true
  );
exception
  when sqlstate 'TH005' or sqlstate 'TH008' then
    -- The rules of locales and contexts do not know whose value they refuse.
    if sqlstate = 'TH008' then
      field := 'context';
    end if;
    raise exception using errcode = sqlstate, column = field, message = field || ': ' || sqlerrm;
end
$$;

-- function read/open_dead_letter
create or replace function trans_hub.open_dead_letter(
  of_content_no bigint, of_target_locale text, of_context_no bigint, of_project text
) returns text[]
language plpgsql stable
as $$
begin
  return (
    select array[d.code, d.message]
    from (
      select d.* from trans_hub.dead_letter as d
      where d.content_no = of_content_no and d.target_locale = of_target_locale and d.context_no = of_context_no
        and d.project = of_project
      order by d.revision desc
      offset 0
    ) as d
    where d.replayed_at is null
    order by d.revision desc
    limit 1
  );
end
$$;

-- function read/read_by_business_id
create or replace function trans_hub.read_by_business_id(projects text[], target_locales text[], of_business_ids text[])
returns table (
  ord integer, id text, source_locale text, source_text text, canonical text, business_ids text[], status text, text text,
  engine text, model text, flags text[], revision integer, error_code text, error_message text
)
language plpgsql stable security definer rows 100
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
  answered bigint;
begin
  return query
  select
    r.ord::integer, t.id, c.source_locale, case when octet_length(c.text) <= 16777216 then c.text else '' end, x.canonical, t.business_ids, t.status, t.text, t.engine, t.model, t.flags, t.revision,
    t.error_code, t.error_message
  from unnest(projects, target_locales, of_business_ids) with ordinality as r (project, target_locale, business_id, ord)
  cross join lateral (
    select s.content_no, s.context_no from source as s
    where s.project = r.project and s.business_id = r.business_id
    order by s.last_seen_at desc, s.content_no desc
    limit 1
  ) as s
  cross join lateral stored_text(s.content_no, r.target_locale, s.context_no, r.project) as t
  cross join lateral (select c.* from content as c where c.content_no = s.content_no offset 0) as c
  left join lateral (select x.* from context as x where x.context_no = s.context_no offset 0) as x on true;

  get diagnostics answered = row_count;
  -- In an "if" of its own: with the question below it would be a query, on every read.
  if answered < cardinality(of_business_ids) then
    if exists (select from inbox) then
      return query
      select
        r.ord::integer, null::text, w.source_locale, w.source_text, w.canonical, nullif(w.business_ids, '{}'), w.state, null::text,
        null::text, null::text, null::text[], 0, w.error_code, w.error_message
      from unnest(projects, target_locales, of_business_ids) with ordinality as r (project, target_locale, business_id, ord)
      cross join lateral find_in_inbox(r.project, r.target_locale, r.business_id, null, null, null, null) as w
      where not exists (
        select from find_row(r.project, r.business_id, null, null, null, null) as f
        cross join lateral stored_text(f.content_no, r.target_locale, f.context_no, r.project) as t
      );
    end if;
  end if;
end
$$;

-- function read/read_by_text
create or replace function trans_hub.read_by_text(
  projects text[], target_locales text[], source_locales text[], texts text[], contexts text[], formats text[]
) returns table (
  ord integer, id text, business_ids text[], status text, text text, engine text, model text, flags text[], revision integer,
  error_code text, error_message text
)
language plpgsql stable security definer rows 100
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
  answered bigint;
begin
  return query
  select
    r.ord::integer, t.id, t.business_ids, t.status, t.text, t.engine, t.model, t.flags, t.revision, t.error_code, t.error_message
  from unnest(projects, target_locales, source_locales, texts, contexts, formats)
    with ordinality as r (project, target_locale, source_locale, text, context, format, ord)
  cross join lateral (
    select c.* from content as c where c.content_id = content_id(r.source_locale, r.text) offset 0
  ) as c
  left join lateral (
    select x.* from context as x
    -- Asked first, because most texts have no context and computing an identity takes time.
    where (r.context is not null or r.format <> 'auto') and x.context_id = context_id(r.context, r.format)
    offset 0
  ) as x on true
  cross join lateral stored_text(
    c.content_no, r.target_locale, case when r.context is null and r.format = 'auto' then 0 else x.context_no end, r.project
  ) as t;

  -- References without a translation may wait in the inbox. Asked last, so that a reference with one pays nothing for it.
  get diagnostics answered = row_count;
  -- In an "if" of its own: with the question below it would be a query, on every read.
  if answered < cardinality(texts) then
    if exists (select from inbox) then
      return query
      select
        r.ord::integer, null::text, nullif(w.business_ids, '{}'), w.state, null::text, null::text, null::text, null::text[], 0,
        w.error_code, w.error_message
      from unnest(projects, target_locales, source_locales, texts, contexts, formats)
        with ordinality as r (project, target_locale, source_locale, text, context, format, ord)
      cross join lateral find_in_inbox(
        r.project, r.target_locale, null, r.source_locale, r.text, r.context, r.format
      ) as w
      where not exists (
        select from find_row(r.project, null, r.source_locale, r.text, r.context, r.format) as f
        cross join lateral stored_text(f.content_no, r.target_locale, f.context_no, r.project) as t
      );
    end if;
  end if;
end
$$;

-- function read/read_outdated
create or replace function trans_hub.read_outdated(
  projects text[], target_locales text[], of_business_ids text[], only_approved boolean
) returns table (ord integer, text text, engine text, model text, flags text[])
language sql stable security definer rows 100
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
as $$
  select r.ord::integer, o.text, o.engine, o.model, o.quality_flags
  from unnest(projects, target_locales, of_business_ids) with ordinality as r (project, target_locale, business_id, ord)
  cross join lateral (
    select t.text, t.engine, t.model, t.quality_flags
    from (
      select s.content_no, s.context_no, s.last_seen_at from source as s
      where s.project = r.project and s.business_id = r.business_id
      order by s.last_seen_at desc, s.content_no desc
      limit 100 offset 1
    ) as s
    cross join lateral (
      select t.* from translation as t
      where t.content_no = s.content_no and t.target_locale = r.target_locale and t.context_no = s.context_no
        and t.project = r.project and octet_length(t.text) <= 16777216 and (t.status = 'approved' or not only_approved)
      offset 0
    ) as t
    order by s.last_seen_at desc, s.content_no desc
    limit 1
  ) as o
$$;

-- function read/row_state
create or replace function trans_hub.row_state(t trans_hub.translation) returns table (
  id text, business_ids text[], status text, text text, engine text, model text, flags text[], revision integer, error_code text,
  error_message text
)
language sql stable rows 1
as $$
  select
    -- See rules/translation-id.ts. Joined here, once for all readers: as two columns they took as long.
    t.content_no::text || '-' || t.context_no::text,
    nullif(array(
      select s.business_id from trans_hub.source as s
      where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project and s.business_id <> ''
      order by s.business_id
    ), '{}'),
    t.status::text, case when octet_length(t.text) <= 16777216 then t.text end, t.engine, t.model, t.quality_flags, t.revision,
    case when octet_length(t.text) > 16777216 then 'TH_TEXT_TOO_LONG' else d.error[1] end,
    case
      when octet_length(t.text) > 16777216 then 'The stored text is longer than 16777216 bytes'
      else d.error[2]
    end
  from (
    select case
      when t.status = 'failed' or t.failed_revision = t.revision
      then trans_hub.open_dead_letter(t.content_no, t.target_locale, t.context_no, t.project)
    end as error
    offset 0
  ) as d
$$;

-- function read/search_uses
create or replace function trans_hub.search_uses(
  of_project text, of_locale text, after_business_id text, after_content_no bigint, after_context_no bigint,
  most_looks integer, most_hits integer, of_status text, of_flag text, of_engine text, prefix text, words text,
  since timestamptz, queued_for text, sample_percent double precision
) returns table (
  looked_at bigint, ended_business_id text, ended_content_no bigint, ended_context_no bigint, business_ids text[],
  content_nos bigint[], context_nos bigint[]
)
language plpgsql stable rows 1
set search_path = pg_catalog, trans_hub, pg_temp
-- Only the order of the index lets a page end where it is full. On tables never analyzed, a bitmap and a sort read every use of
-- the project for each page: 40,150 rows for 50 of 20,000.
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
set jit = off
as $$
#variable_conflict use_column
declare
  used record;
  stored translation;
begin
  looked_at := 0;
  business_ids := '{}';
  content_nos := '{}';
  context_nos := '{}';
  for used in
    select s.business_id, s.content_no, s.context_no from source as s
    where s.project = of_project
      and (s.business_id, s.content_no, s.context_no) > (after_business_id, after_content_no, after_context_no)
    order by s.project, s.business_id, s.content_no, s.context_no
    limit greatest(0, least(most_looks, 10000))
  loop
    looked_at := looked_at + 1;
    ended_business_id := used.business_id;
    ended_content_no := used.content_no;
    ended_context_no := used.context_no;
    continue when prefix is not null and not starts_with(used.business_id, prefix);
    select t.* into stored from translation as t
    where t.content_no = used.content_no and t.target_locale = of_locale and t.context_no = used.context_no
      and t.project = of_project;
    continue when not found
      or of_status is not null and stored.status::text <> of_status
      or of_flag is not null and of_flag <> all (coalesce(stored.quality_flags, '{}'))
      or of_engine is not null and stored.engine is distinct from of_engine
      or since is not null and stored.updated_at < since;
    continue when queued_for is not null and not is_to_review(stored, queued_for, sample_percent);
    continue when words is not null and position(lower(words) in lower(coalesce(stored.text, ''))) = 0
      and not exists (
        select from content as c where c.content_no = used.content_no and position(lower(words) in lower(c.text)) > 0
      );
    continue when exists (
      select from source as other
      where other.content_no = used.content_no and other.context_no = used.context_no and other.project = of_project
        and other.business_id < used.business_id and (prefix is null or starts_with(other.business_id, prefix))
    );
    business_ids := business_ids || used.business_id;
    content_nos := content_nos || used.content_no;
    context_nos := context_nos || used.context_no;
    if cardinality(content_nos) = most_hits then
      return next;
      return;
    end if;
  end loop;
  if looked_at < most_looks then
    ended_business_id := null;
  end if;
  return next;
end
$$;

-- function read/stored_text
create or replace function trans_hub.stored_text(
  of_content_no bigint, of_target_locale text, of_context_no bigint, of_project text
) returns table (
  id text, business_ids text[], status text, text text, engine text, model text, flags text[], revision integer, error_code text,
  error_message text
)
language sql stable rows 1
as $$
  select s.*
  from (
    select t.* from trans_hub.translation as t
    where t.content_no = of_content_no and t.target_locale = of_target_locale
      and t.context_no = of_context_no and t.project = of_project
    offset 0
  ) as t
  cross join lateral trans_hub.row_state(row(t.*)::trans_hub.translation) as s
$$;

-- function read/touch
create or replace function trans_hub.touch(
  projects text[], business_ids text[], source_locales text[], texts text[], contexts text[], formats text[],
  touch_after interval
) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
set lock_timeout = '50ms'
as $$
declare
  found_due record;
  due record;
begin
  -- Reading works on a standby and in a read-only transaction, too.
  if current_setting('transaction_read_only')::boolean then
    return;
  end if;
  -- A year at most: an interval of the caller's could lie beyond the calendar.
  touch_after := least(
    greatest(coalesce(touch_after, interval '1 day'), interval '0'), interval '1 year',
    (select min(g.retention) / 10 from gc_run g where g.started_at > now() - interval '1 day')
  );
  select
    array_agg(d.project) as projects, array_agg(d.business_id) as business_ids, array_agg(d.content_no) as content_nos,
    array_agg(d.context_no) as context_nos
  into found_due
  from (
    select distinct r.project, case when r.text is null then r.business_id else '' end as business_id, f.content_no, f.context_no
    from unnest(projects, business_ids, source_locales, texts, contexts, formats)
      as r (project, business_id, source_locale, text, context, format)
    cross join lateral find_row(r.project, r.business_id, r.source_locale, r.text, r.context, r.format) as f
    where f.content_no is not null and f.context_no is not null
      and not exists (
        select from source as s
        where s.project = r.project and s.business_id = case when r.text is null then r.business_id else '' end
          and s.content_no = f.content_no and s.context_no = f.context_no
          and s.last_seen_at >= now() - touch_after
        offset 0
      )
      -- Only texts that the project has: reading a text of another project is no use of it.
      and exists (
        select from source as s
        where s.content_no = f.content_no and s.context_no = f.context_no and s.project = r.project
        offset 0
      )
    order by f.content_no, f.context_no, r.project, business_id
  ) as d;
  -- Mostly, all of them were noted today: such a call begins no savepoint.
  if found_due.projects is null then
    return;
  end if;
  -- In a transaction of a higher isolation level, a note that another reader has written since its snapshot cannot be read. The
  -- caller wants translations, so the notes of this call are given up instead of its transaction.
  begin
    for due in
      select d.*
      from unnest(found_due.projects, found_due.business_ids, found_due.content_nos, found_due.context_nos)
        as d (project, business_id, content_no, context_no)
    loop
      -- The lock that registering takes. A text that a collection has locked is about to go: its reads do not count.
      perform from content as c where c.content_no = due.content_no for key share skip locked;
      continue when not found;
      -- A locked note is being written by another reader, with the same time: no reader waits for it.
      update source as s set last_seen_at = now()
      where s.ctid = (
        select s.ctid from source as s
        where s.project = due.project and s.business_id = due.business_id
          and s.content_no = due.content_no and s.context_no = due.context_no
        for no key update skip locked
      );
      continue when found or exists (
        select from source as s
        where s.project = due.project and s.business_id = due.business_id
          and s.content_no = due.content_no and s.context_no = due.context_no
      );
      begin
        insert into source as s (project, business_id, content_no, context_no)
        values (due.project, due.business_id, due.content_no, due.context_no)
        on conflict (project, business_id, content_no, context_no) do nothing;
      exception when lock_not_available or deadlock_detected then
        -- A note that is new and not committed cannot be skipped; the insert waits for it. The first waits 50 ms, later ones 1 ms.
        perform set_config('lock_timeout', '1ms', true);
      end;
    end loop;
  exception when serialization_failure then
    null;
  end;
end
$$;

-- function read/touch_uses
create or replace function trans_hub.touch_uses(
  of_project text, business_ids text[], content_nos bigint[], context_nos bigint[]
) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
#variable_conflict use_column
declare
  due_before timestamptz;
  given record;
begin
  due_before := now() - least(
    interval '1 day', (select min(g.retention) / 10 from gc_run as g where g.started_at > now() - interval '1 day')
  );
  for given in
    select
      g.content_no, g.context_no, g.business_id, n.content_no as newest_content_no, n.context_no as newest_context_no
    from unnest(business_ids, content_nos, context_nos) as g (business_id, content_no, context_no)
    cross join lateral (
      select s.content_no, s.context_no from source as s
      where s.project = of_project and s.business_id = g.business_id
      order by s.last_seen_at desc, s.content_no desc
      limit 1
    ) as n
    order by g.content_no, g.context_no, g.business_id
  loop
    -- The lock that registering takes. A text that a collection has locked is about to go.
    perform from content as c where c.content_no = given.content_no for key share skip locked;
    continue when not found;
    update source as s
    set last_seen_at = now() - case
      when (s.content_no, s.context_no) = (given.newest_content_no, given.newest_context_no) then interval '0'
      else interval '1 microsecond'
    end
    where s.ctid in (
      select s.ctid from source as s
      where s.project = of_project and s.business_id = given.business_id and s.last_seen_at < due_before
        and (s.content_no, s.context_no) in (
          (given.content_no, given.context_no), (given.newest_content_no, given.newest_context_no)
        )
      for no key update skip locked
    );
  end loop;
end
$$;

-- function register/admitted_items
create or replace function trans_hub.admitted_items(items trans_hub.grouped_items, refused boolean[])
returns trans_hub.grouped_items
language plpgsql stable
as $$
begin
  select
    array_agg(i.text order by i.ord),
    case when items.business_ids is not null then array_agg(i.business_id order by i.ord) end,
    case when items.contexts is not null then array_agg(i.context order by i.ord) end,
    case when items.formats is not null then array_agg(i.format order by i.ord) end,
    case when items.verbatim is not null then array_agg(i.verbatim order by i.ord) end,
    case when items.lifetimes is not null then array_agg(i.lifetime order by i.ord) end,
    case when items.hints is not null then array_agg(i.hint order by i.ord) end,
    case when items.item_groups is not null then array_agg(i.group_no order by i.ord) end
  into items.texts, items.business_ids, items.contexts, items.formats, items.verbatim, items.lifetimes, items.hints,
    items.item_groups
  from unnest(
    items.texts, items.business_ids, items.contexts, items.formats, items.verbatim, items.lifetimes, items.hints, items.item_groups,
    refused
  ) with ordinality as i (text, business_id, context, format, verbatim, lifetime, hint, group_no, is_refused, ord)
  where not i.is_refused;
  return items;
end
$$;

-- function register/append_to_inbox
create or replace function trans_hub.append_to_inbox(items jsonb, defaults jsonb) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
-- See add_batch_jobs.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
  inbox_id bigint;
  given jsonb;
  own jsonb;
  asked integer;
begin
  if jsonb_typeof(items) is distinct from 'array' or items = '[]' then
    raise exception using errcode = 'TH001', column = 'items', message = 'items must be a list of at least one item';
  end if;
  given := (items_of_call(items, defaults)).fields;
  if exists (select from jsonb_array_elements(items) as e (value) where jsonb_typeof(e.value) <> 'object') then
    raise exception using errcode = 'TH001', column = 'items', message = 'each of the items must be an object';
  end if;
  asked := asked_rows(items, given);
  if not has_room(items, given, asked) then
    return null;
  end if;
  -- An item's own value counts, unless it is null. Nulls inside a context belong to it, and stay.
  own := (
    select jsonb_object_agg(d.key, d.value)
    from jsonb_each(given) as d
    where d.key in ('text', 'context', 'hint', 'businessId') and d.value <> 'null'
  );
  if own is not null then
    items := (
      select jsonb_agg(
        own || (select coalesce(jsonb_object_agg(f.key, f.value), '{}') from jsonb_each(e.value) as f where f.value <> 'null')
        order by e.ord
      )
      from jsonb_array_elements(items) with ordinality as e (value, ord)
    );
  end if;
  defaults := (
    select coalesce(jsonb_object_agg(d.key, d.value), '{}')
    from jsonb_each(given) as d
    where d.key in (
      'engine', 'project', 'sourceLocale', 'targetLocales', 'priority', 'format', 'force', 'expiresAfterSeconds'
    ) or (d.key = 'tag' and tag_of(given) is not null)
  );
  insert into inbox (items, defaults, texts) values (items, defaults, asked) returning id into inbox_id;
  if given -> 'notify' is distinct from 'false' then
    perform graphile_worker.add_job(
      'register_inbox', json_build_object('inbox', inbox_id), max_attempts => 32767, priority => -2000
    );
  end if;
  return inbox_id;
end
$$;

-- function register/are_fit
create or replace function trans_hub.are_fit(items trans_hub.grouped_items) returns boolean
language plpgsql stable
as $$
declare
  n integer := cardinality(items.texts);
  g integer := cardinality(items.group_projects);
begin
  if (
    '' <> all (items.texts) and coalesce(array_ndims(items.texts), 1) = 1
    and coalesce(cardinality(items.business_ids), n) = n and coalesce(cardinality(items.contexts), n) = n
    and coalesce(cardinality(items.formats), n) = n and coalesce(cardinality(items.verbatim), n) = n
    and coalesce(cardinality(items.lifetimes), n) = n and coalesce(cardinality(items.item_groups), n) = n
    and coalesce(cardinality(items.hints), n) = n
    and g >= least(n, 1) and '' <> all (items.group_projects) and coalesce(array_ndims(items.group_projects), 1) = 1
    and cardinality(items.group_source_locales) = g and array_position(items.group_source_locales, null) is null
    and cardinality(items.group_priorities) = g and -1 <= all (items.group_priorities) and 1 >= all (items.group_priorities)
    and cardinality(items.group_forced) = g and array_position(items.group_forced, null) is null
    and cardinality(items.want_groups) = cardinality(items.want_locales) and cardinality(items.want_groups) >= g
    and 1 <= all (items.want_groups) and g >= all (items.want_groups) and array_position(items.want_locales, null) is null
    and array_to_string(items.group_source_locales || items.want_locales, ',')
      ~ '^([A-Za-z0-9]{2,8}(-[A-Za-z0-9]{1,8})*(,|$))*$'
  ) is not true then
    return false;
  end if;
  -- Mostly null, or one group.
  if items.item_groups is not null and (1 <= all (items.item_groups) and g >= all (items.item_groups)) is false then
    return false;
  end if;
  if items.formats is not null
    and (items.formats <@ array['auto', 'text', 'icu', 'i18next', 'printf', 'html', 'markdown', 'java', 'fluent', 'strftime']) is not true
  then
    return false;
  end if;
  if items.hints is not null and not are_hints(items.hints) then
    return false;
  end if;
  if octet_length(array_to_string(items.group_projects, '')) > 255 or octet_length(array_to_string(items.want_locales, '')) > 255
    or octet_length(array_to_string(items.group_source_locales, '')) > 255
  then
    if exists (
      select from unnest(items.group_projects || items.group_source_locales || items.want_locales) as i
      where octet_length(i) > 255
    ) then
      return false;
    end if;
  end if;
  if n = 1 and octet_length(items.business_ids[1]) > 255 then
    return false;
  elsif n > 1 and items.business_ids is not null then
    -- 0.1 ms for 1,000.
    if (select max(octet_length(i)) from unnest(items.business_ids) as i) > 255 then
      return false;
    end if;
  end if;
  if g > 1 then
    return (select count(distinct i) = g from unnest(items.want_groups) as i);
  end if;
  return true;
end
$$;

-- function register/are_hints
create or replace function trans_hub.are_hints(hints jsonb[]) returns boolean
language plpgsql immutable
as $$
begin
  return not exists (
    select
    from (
      select h.ord, jsonb_typeof(h.hint) as kind, m.key, jsonb_typeof(m.value) as value_kind, m.value
      from unnest(hints) with ordinality as h (hint, ord)
      left join lateral jsonb_each(case when jsonb_typeof(h.hint) = 'object' then h.hint end) as m on true
      where h.hint is not null
    ) as m
    group by m.ord
    having sum(octet_length(m.key) + case m.value_kind when 'string' then octet_length(m.value #>> '{}') else 8 end) > 4096
      or not bool_and(case
        when m.kind <> 'object' then false
        when m.key in ('note', 'key') then m.value_kind = 'string'
        when m.value_kind = 'string' then m.key <> 'maxLength'
        when m.key = 'maxLength' then
          case when m.value_kind = 'number' then (m.value)::numeric between 1 and 1000000 and (m.value)::numeric % 1 = 0 else false end
        -- What JavaScript reads as a number.
        when m.value_kind = 'number' then abs((m.value)::numeric) <= 1.7976931348623157e308
        else m.key is null
      end)
  );
end
$$;

-- function register/asked_rows
create or replace function trans_hub.asked_rows(items jsonb, defaults jsonb) returns integer
language sql immutable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select least(2147483647, coalesce(sum(greatest(1, case
    when jsonb_typeof(l.locales) = 'array' then jsonb_array_length(l.locales)
  end)), 0))::integer
  from jsonb_array_elements(inbox_list(items)) as e (value)
  cross join lateral (
    select coalesce(nullif(e.value -> 'targetLocales', 'null'), defaults -> 'targetLocales') as locales
  ) as l
$$;

-- function register/backlog_bound
create or replace function trans_hub.backlog_bound(of_caller bigint) returns bigint
language plpgsql stable
as $$
declare
  setting text := current_setting('trans_hub.max_backlog', true);
begin
  if setting is not null then
    setting := coalesce(
      (
        select split_part(c.setting, '=', 2)
        from pg_db_role_setting as s
        cross join unnest(s.setconfig) as c (setting)
        where s.setrole = 0 and starts_with(c.setting, 'trans_hub.max_backlog=')
          and s.setdatabase in (0, (select d.oid from pg_database as d where d.datname = current_database()))
        order by s.setdatabase desc
        limit 1
      ),
      setting
    );
    if setting !~ '^[0-9]{0,18}$' then
      raise exception using errcode = 'TH001', column = 'trans_hub.max_backlog',
        message = 'must be a whole number', hint = 'Correct it: alter database … set trans_hub.max_backlog.';
    end if;
  end if;
  return least(case when of_caller < 0 then 0 else of_caller end, nullif(setting, '')::bigint);
end
$$;

-- function register/canonical_context
create or replace function trans_hub.canonical_context(context text) returns text
language plpgsql immutable
as $$
declare
  value jsonb;
begin
  begin
    value := context::jsonb;
  exception when data_exception or program_limit_exceeded then
    raise exception using errcode = 'TH008', column = 'context', message = 'is not JSON';
  end;
  if jsonb_typeof(value) not in ('object', 'null') then
    raise exception using errcode = 'TH008', column = 'context', message = 'must be an object';
  end if;
  return canonical_json(normal_context(value));
end
$$;

-- function register/enqueue
create or replace function trans_hub.enqueue(items jsonb, defaults jsonb default '{}') returns jsonb
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  read record;
  bound bigint := backlog_bound(null);
  refused boolean[];
  accepted jsonb;
begin
  select r.good, r.good_indexes, r.rejected into read from read_items(items, defaults, 1048576) as r;
  if bound is not null and read.good <> '{}' then
    refused := refused_items(items_as_groups(read.good), bound);
    read.rejected := with_full_backlog(read.rejected, read.good_indexes, refused);
  end if;
  -- As the caller gave them: the fleet checks them again when it registers them. In step, and not by a join: without
  -- statistics, PostgreSQL may compare each item with each.
  select jsonb_agg(inbox_list(items) -> g.index order by g.index)
  into accepted
  from unnest(read.good_indexes, refused) as g (index, is_refused)
  where g.is_refused is not true;
  if accepted is not null then
    perform append_to_inbox(accepted, defaults);
  end if;
  return jsonb_build_object('accepted', coalesce(jsonb_array_length(accepted), 0), 'rejected', read.rejected);
end
$$;

-- function register/enqueue_batches
create or replace function trans_hub.enqueue_batches(
  contents bigint[],
  locales text[],
  contexts bigint[],
  projects text[],
  revisions integer[],
  priorities smallint[],
  source_locales text[],
  bytes integer[],
  batch_size integer,
  batch_bytes integer
) returns void
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  with lane as (
    select
      r.project, r.source_locale, r.locale, r.priority, r.size, count(*)::integer as texts,
      array_agg(r.content_no order by r.ord) as content_nos,
      array_agg(r.context_no order by r.ord) as context_nos,
      array_agg(r.revision order by r.ord) as revisions
    from (
      select r.*, trans_hub.texts_a_batch(r.bytes, batch_size, batch_bytes) as size
      from unnest(contents, locales, contexts, projects, revisions, priorities, source_locales, bytes) with ordinality
        as r (content_no, locale, context_no, project, revision, priority, source_locale, bytes, ord)
    ) as r
    group by r.project, r.source_locale, r.locale, r.priority, r.size
  ), packed as (
    insert into batch (project, source_locale, target_locale, content_nos, context_nos, revisions, priority)
    select
      l.project, l.source_locale, l.locale, l.content_nos[at : at + l.size - 1], l.context_nos[at : at + l.size - 1],
      l.revisions[at : at + l.size - 1], l.priority
    from lane as l
    cross join lateral generate_series(1, l.texts, l.size) as at
    returning batch_id, project, target_locale, priority, run_at
  )
  select trans_hub.add_batch_jobs(
    array_agg(p.batch_id), array_agg(p.project), array_agg(p.target_locale), array_agg(p.priority), array_agg(p.run_at)
  )
  from packed as p
  having count(*) > 0
$$;

-- function register/enqueue_new_catalog
create or replace function trans_hub.enqueue_new_catalog(
  items trans_hub.grouped_items, wants trans_hub.want[], content_nos bigint[], context_nos bigint[], new_revision integer,
  options trans_hub.register_options
) returns void
language plpgsql volatile
as $$
declare
  -- PERFORM takes no statement that begins with WITH.
  nothing record;
begin
  if
    items.item_groups is null
    and (select max(octet_length(i)) from unnest(items.texts) as i)::bigint * options.batch_size <= options.batch_bytes
  then
    if items.verbatim is not null then
      select array_agg(i.content_no order by i.ord), array_agg(i.context_no order by i.ord)
      into content_nos, context_nos
      from unnest(content_nos, context_nos, items.verbatim) with ordinality as i (content_no, context_no, verbatim, ord)
      where i.verbatim is not true;
    end if;
    with packed as (
      insert into batch (project, source_locale, target_locale, content_nos, context_nos, revisions, priority)
      select
        w.project, w.source_locale, w.locale, content_nos[at : at + options.batch_size - 1],
        context_nos[at : at + options.batch_size - 1],
        array_fill(new_revision, array[least(options.batch_size, cardinality(content_nos) - at + 1)]), w.priority
      from unnest(wants) as w
      cross join generate_series(1, cardinality(content_nos), options.batch_size) as at
      where w.locale <> w.source_locale
      returning batch_id, project, target_locale, priority, run_at
    )
    select add_batch_jobs(
      array_agg(p.batch_id), array_agg(p.project), array_agg(p.target_locale), array_agg(p.priority), array_agg(p.run_at)
    )
    into nothing
    from packed as p
    having count(*) > 0;
  else
    perform enqueue_batches(
      array_agg(i.content_no order by i.ord), array_agg(w.locale order by i.ord), array_agg(i.context_no order by i.ord),
      array_agg(w.project order by i.ord), array_fill(new_revision, array[count(*)::integer]),
      array_agg(w.priority order by i.ord), array_agg(w.source_locale order by i.ord), array_agg(i.bytes order by i.ord),
      options.batch_size, options.batch_bytes
    )
    from (
      select i.content_no, i.context_no, coalesce(i.group_no, 1) as group_no, i.verbatim, octet_length(i.text) as bytes, i.ord
      from unnest(content_nos, context_nos, items.item_groups, items.verbatim, items.texts) with ordinality
        as i (content_no, context_no, group_no, verbatim, text, ord)
    ) as i
    join unnest(wants) as w on w.group_no = i.group_no
    where i.verbatim is not true and w.locale <> w.source_locale
    having count(*) > 0;
  end if;
end
$$;

-- function register/enqueue_wanted
create or replace function trans_hub.enqueue_wanted(
  wanted trans_hub.wanted_row[], places integer[], revisions integer[], options trans_hub.register_options
) returns void
language plpgsql volatile
as $$
begin
  perform enqueue_batches(
    array_agg(w.content_no order by w.items[1]), array_agg(w.locale order by w.items[1]),
    array_agg(w.context_no order by w.items[1]), array_agg(w.project order by w.items[1]),
    array_agg(p.revision order by w.items[1]), array_agg(w.priority order by w.items[1]),
    array_agg(w.source_locale order by w.items[1]), array_agg(w.bytes order by w.items[1]),
    options.batch_size, options.batch_bytes
  )
  from unnest(places, revisions) as p (place, revision)
  join unnest(wanted) as w using (place)
  where w.verbatim is null
  having count(*) > 0;
end
$$;

-- function register/fit_options
create or replace function trans_hub.fit_options(options trans_hub.register_options) returns trans_hub.register_options
language plpgsql immutable
as $$
begin
  return row(
    least(greatest(coalesce(options.batch_size, 50), 1), 1000),
    least(greatest(coalesce(options.batch_bytes, 32768), 1), 1048576),
    least(greatest(coalesce(options.touch_after, interval '1 day'), interval '0'), interval '1 year'),
    options.for_engine,
    least(greatest(coalesce(options.lock_timeout_ms, 100), 1), 60000),
    options.max_backlog
  )::register_options;
end
$$;

-- function register/has_room
create or replace function trans_hub.has_room(items jsonb, defaults jsonb, asked integer) returns boolean
language plpgsql stable
as $$
declare
  bound bigint := backlog_bound(
    case when jsonb_typeof(defaults -> 'maxBacklog') = 'number' then
      least(9223372036854775807, greatest(0, floor((defaults ->> 'maxBacklog')::numeric)))::bigint
    end
  );
begin
  if bound is null or waiting_texts() + asked <= bound then
    return true;
  end if;
  return refused_items(items_as_groups((read_items(items, defaults, 2147483647)).good), bound) is null;
end
$$;

-- function register/hint_problem
create or replace function trans_hub.hint_problem() returns text
language sql immutable
return 'must be an object of strings and numbers of at most 4,096 bytes; note and key are strings, and maxLength is a whole number from 1 to 1000000';

-- function register/inbox_list
create or replace function trans_hub.inbox_list(items jsonb) returns jsonb
language sql immutable
return case when jsonb_typeof(items) = 'array' then items else jsonb_build_array(items) end;

-- function register/is_due
create or replace function trans_hub.is_due(
  status trans_hub.translation_status, engine text, priority smallint, expires_at timestamptz,
  is_forced boolean, for_engine text, wanted_priority smallint, wanted_until timestamptz
) returns boolean
language sql immutable
return coalesce(
  case
    when status = 'pending' then priority > wanted_priority or expires_at < coalesce(wanted_until, 'infinity')
    when status = 'translated' then is_forced or (for_engine <> 'pseudo' and engine = 'pseudo')
    when status = 'failed' then is_forced
  end,
  false
);

-- function register/item_code
create or replace function trans_hub.item_code(state text) returns text
language sql immutable
return case state
  when 'TH002' then 'TH_TEXT_EMPTY'
  when 'TH003' then 'TH_TEXT_TOO_LONG'
  when 'TH004' then 'TH_TEXT_CHARACTERS'
  when 'TH005' then 'TH_LOCALE'
  when 'TH006' then 'TH_BUSINESS_ID'
  when 'TH007' then 'TH_PROJECT'
  when 'TH008' then 'TH_CONTEXT'
  when 'TH009' then 'TH_PRIORITY'
  when 'TH010' then 'TH_FORMAT'
  else 'TH_ITEM_SHAPE'
end;

-- function register/items_as_groups
create or replace function trans_hub.items_as_groups(good trans_hub.item[]) returns trans_hub.grouped_items
language sql stable
as $$
  with item as materialized (
    select
      i.*,
      dense_rank() over (order by i.project, i.source_locale, i.priority, i.forced, i.target_locales)::integer as group_no
    from unnest(good) with ordinality
      as i (project, business_id, source_locale, text, context, format, verbatim, priority, forced, target_locales, lifetime, hint, ord)
  ), item_group as materialized (
    select distinct i.group_no, i.project, i.source_locale, i.priority, i.forced, i.target_locales from item as i
  )
  select row(i.*, g.*, w.*)::trans_hub.grouped_items
  from (
    select
      array_agg(i.text order by i.ord),
      case when bool_or(i.business_id <> '') then array_agg(i.business_id order by i.ord) end,
      case when bool_or(i.context is not null) then array_agg(i.context order by i.ord) end,
      case when bool_or(i.format <> 'auto') then array_agg(i.format order by i.ord) end,
      case when bool_or(i.verbatim) then array_agg(i.verbatim order by i.ord) end,
      case when bool_or(i.lifetime is not null) then array_agg(i.lifetime order by i.ord) end,
      case when bool_or(i.hint is not null) then array_agg(i.hint order by i.ord) end,
      case when max(i.group_no) > 1 then array_agg(i.group_no order by i.ord) end
    from item as i
  ) as i
  cross join (
    select
      array_agg(g.project order by g.group_no), array_agg(g.source_locale order by g.group_no),
      array_agg(g.priority order by g.group_no), array_agg(g.forced order by g.group_no)
    from item_group as g
  ) as g
  cross join (
    select array_agg(g.group_no order by g.group_no, l.ord), array_agg(l.locale order by g.group_no, l.ord)
    from item_group as g
    cross join lateral unnest(g.target_locales) with ordinality as l (locale, ord)
  ) as w
$$;

-- function register/items_of_call
create or replace function trans_hub.items_of_call(items jsonb, defaults jsonb, out list jsonb, out fields jsonb)
language plpgsql stable
as $$
begin
  items := coalesce(items, '[]');
  list := case jsonb_typeof(items) when 'array' then items when 'object' then jsonb_build_array(items) end;
  if list is null then
    raise exception using errcode = 'TH001', column = 'items', message = 'items must be a list of items, or one item';
  end if;
  fields := coalesce(nullif(defaults, 'null'), '{}');
  if jsonb_typeof(fields) <> 'object' then
    raise exception using errcode = 'TH001', column = 'defaults', message = 'defaults must be an object';
  end if;
  if jsonb_typeof(fields -> 'engine') not in ('string', 'null') then
    raise exception using errcode = 'TH001', column = 'engine', message = 'defaults.engine must be a string';
  end if;
  if
    pg_column_size(list)::bigint + jsonb_array_length(list)::bigint * (
      case when fields ?| array['text', 'context', 'hint', 'businessId', 'targetLocales'] then pg_column_size(fields) else 0 end
    ) > 134217728
  then
    raise exception using errcode = 'TH003', column = 'items',
      message = 'items are larger than 134217728 bytes with their defaults', hint = 'Send them in several calls.';
  end if;
end
$$;

-- function register/make_translations
create or replace function trans_hub.make_translations(
  wanted trans_hub.wanted_row[], for_engine text, out made integer[], out due integer[], out failed integer[]
)
language plpgsql volatile
as $$
declare
  verbatim_projects text[];
  verbatim_locales text[];
  verbatim_contents bigint[];
  verbatim_contexts bigint[];
  verbatim_revisions integer[];
begin
  with look as materialized (
    select w.*, t.status, t.is_due
    from unnest(wanted) as w
    left join lateral (
      select
        t.status,
        w.verbatim is null and is_due(
          t.status, t.engine, t.priority, t.expires_at, w.forced, for_engine, w.priority, w.expires_at
        ) as is_due
      from translation as t
      where t.content_no = w.content_no and t.target_locale = w.locale
        and t.context_no = w.context_no and t.project = w.project
      offset 0
    ) as t on true
  ), stored as (
    insert into translation (content_no, target_locale, context_no, project, status, priority, text, engine, expires_at)
    select
      l.content_no, l.locale, l.context_no, l.project,
      case when l.verbatim is null then 'pending' else 'translated' end::translation_status,
      l.priority, l.verbatim,
      case when l.verbatim is not null then 'none' end,
      case when l.verbatim is null then l.expires_at end
    from look as l
    where l.status is null
    order by l.content_no, l.locale, l.context_no, l.project
    on conflict do nothing
    returning content_no, target_locale, context_no, project, status, revision
  ), mine as materialized (
    -- A neighbour may have made some of them since the look. The join takes as long as the insert, and mostly it is not needed.
    select l.place
    from look as l
    where l.status is null and (select count(*) from stored) = (select count(*) from look as l where l.status is null)
    union all
    select l.place
    from look as l
    join stored as s
      on s.content_no = l.content_no and s.target_locale = l.locale and s.context_no = l.context_no and s.project = l.project
    where l.status is null and (select count(*) from stored) <> (select count(*) from look as l where l.status is null)
  )
  select
    array(select m.place from mine as m),
    -- The rows of the neighbour too: whether they do is seen under their locks.
    array(
      select l.place from look as l where l.is_due
      union all
      (select l.place from look as l where l.status is null and l.verbatim is null except select m.place from mine as m)
    ),
    array(select l.place from look as l where l.status = 'failed' and not l.is_due),
    array(select s.project from stored as s where s.status = 'translated'),
    array(select s.target_locale from stored as s where s.status = 'translated'),
    array(select s.content_no from stored as s where s.status = 'translated'),
    array(select s.context_no from stored as s where s.status = 'translated'),
    array(select s.revision from stored as s where s.status = 'translated')
  into made, due, failed, verbatim_projects, verbatim_locales, verbatim_contents, verbatim_contexts, verbatim_revisions;

  if verbatim_projects <> '{}' then
    perform count_changes(
      verbatim_projects, verbatim_locales, null,
      array_fill('translated'::translation_status, array[cardinality(verbatim_projects)])
    );
    perform write_events(
      'translated', verbatim_projects, verbatim_locales, verbatim_contents, verbatim_contexts, verbatim_revisions
    );
  end if;
end
$$;

-- function register/note_hints
create or replace function trans_hub.note_hints(items trans_hub.grouped_items, content_nos bigint[], context_nos bigint[])
returns void
language plpgsql volatile
as $$
begin
  insert into hint as h (content_no, context_no, project, business_id, hint)
  select s.content_no, s.context_no, s.project, s.business_id, s.hint
  from (
    select distinct on (i.content_no, i.context_no, i.project, i.business_id) i.*
    from (
      select
        i.content_no, i.context_no, items.group_projects[coalesce(i.group_no, 1)] as project,
        coalesce(i.business_id, '') as business_id, i.hint, i.ord
      from unnest(content_nos, context_nos, items.item_groups, items.business_ids, items.hints) with ordinality
        as i (content_no, context_no, group_no, business_id, hint, ord)
      where i.hint is not null
    ) as i
    order by i.content_no, i.context_no, i.project, i.business_id, i.ord desc
  ) as s
  left join lateral (
    select h.hint from hint as h
    where h.content_no = s.content_no and h.context_no = s.context_no
      and h.project = s.project and h.business_id = s.business_id
    offset 0
  ) as known on true
  where coalesce(known.hint, '{}') <> s.hint
  order by s.content_no, s.context_no, s.project, s.business_id
  on conflict on constraint hint_pkey do update set hint = excluded.hint, noted_at = now()
  where h.hint <> excluded.hint;
end
$$;

-- function register/note_sources
create or replace function trans_hub.note_sources(
  items trans_hub.grouped_items, content_nos bigint[], context_nos bigint[], touch_after interval
) returns void
language plpgsql volatile
as $$
begin
  touch_after := least(touch_after, (select min(g.retention) / 10 from gc_run g where g.started_at > now() - interval '1 day'));

  with look as materialized (
    select i.*, s.is_old
    from (
      select distinct
        items.group_projects[coalesce(i.group_no, 1)] as project, coalesce(i.business_id, '') as business_id, i.content_no,
        i.context_no
      from unnest(items.item_groups, items.business_ids, content_nos, context_nos)
        as i (group_no, business_id, content_no, context_no)
    ) as i
    left join lateral (
      select
        s.last_seen_at < now() - touch_after
        -- The text requested last is the text of its business id, also where it was that once before.
        or (s.business_id <> '' and exists (
          select from source as younger
          where younger.project = s.project and younger.business_id = s.business_id
            and younger.last_seen_at > s.last_seen_at
        )) as is_old
      from source as s
      where s.project = i.project and s.business_id = i.business_id
        and s.content_no = i.content_no and s.context_no = i.context_no
      offset 0
    ) as s on true
  ), made as (
    insert into source (project, business_id, content_no, context_no)
    select l.project, l.business_id, l.content_no, l.context_no
    from look as l
    where l.is_old is null
    order by l.project, l.business_id, l.content_no, l.context_no
    on conflict do nothing
  ), locked as materialized (
    select s.ctid
    from (select * from look where is_old order by project, business_id, content_no, context_no) as l
    cross join lateral (
      select s.ctid from source as s
      where s.project = l.project and s.business_id = l.business_id
        and s.content_no = l.content_no and s.context_no = l.context_no
      for update
    ) as s
  )
  update source as s set last_seen_at = now() from locked where s.ctid = locked.ctid;
end
$$;

-- function register/put_off_inbox
create or replace function trans_hub.put_off_inbox(of_id bigint, state text, is_behind_lock boolean) returns jsonb
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  with row as (
    delete from inbox as i
    using (select id from inbox where id = of_id for update skip locked) as own
    where i.id = own.id
    returning i.*
  ), item as (
    select e.value, e.ord, (e.ord - 1) * 2 / r.item_count as half
    from row as r
    cross join lateral jsonb_array_elements(inbox_list(r.items)) with ordinality as e (value, ord)
  ), put as (
    insert into inbox (items, defaults, texts, created_at, tries, run_at, refused, traceparent)
    select
      i.items, i.defaults, asked_rows(i.items, i.defaults), i.created_at,
      -- Halves are untried, like the row: a single pass does not end before they are. An item alone has had its try.
      case when i.item_count > 1 then i.tries else least(i.tries + 1, 10) end,
      case
        -- As due as the row was, so that the same run takes the halves.
        when i.item_count > 1 then i.run_at
        -- Short for ever, so that an item is registered soon after the end of a lock, however long that lasts.
        when is_behind_lock then clock_timestamp() + least(interval '100 milliseconds' * 2 ^ i.tries, interval '500 milliseconds')
        else clock_timestamp() + least(interval '1 second' * 2 ^ i.tries, interval '1 minute')
      end,
      case when i.item_count = 1 then case when state ~ '^TH0' then item_code(state) else state end end,
      i.traceparent
    from (
      select
        r.item_count, r.created_at, r.tries, r.run_at, r.traceparent, h.items,
        case when jsonb_typeof(r.defaults) = 'object' then r.defaults else '{}' end as defaults
      from row as r
      cross join (select jsonb_agg(i.value order by i.ord) as items from item as i group by i.half) as h
    ) as i
    returning id, refused as code
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'code', p.code) order by p.id) filter (where p.code is not null), '[]')
  from put as p
$$;

-- function register/read_item
create or replace function trans_hub.read_item(item jsonb, defaults jsonb, max_text_bytes integer) returns trans_hub.item
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  whole jsonb;
  result trans_hub.item;
  target record;
  field text;
begin
  if jsonb_typeof(item) is distinct from 'object' then
    raise exception using errcode = 'TH001', column = 'item', message = 'must be an object';
  end if;
  -- Null is absent, in the item as in the defaults.
  whole := jsonb_strip_nulls(defaults - 'context') || jsonb_strip_nulls(item - 'context');
  foreach field in array array['text', 'sourceLocale', 'businessId', 'project', 'priority', 'format'] loop
    if whole ? field and jsonb_typeof(whole -> field) <> 'string' then
      raise exception using column = field, message = 'must be a string', errcode = case field
        when 'sourceLocale' then 'TH005' when 'businessId' then 'TH006' when 'project' then 'TH007'
        when 'priority' then 'TH009' when 'format' then 'TH010' else 'TH001'
      end;
    end if;
  end loop;
  if not whole ? 'text' then
    raise exception using errcode = 'TH001', column = 'text', message = 'is missing';
  end if;
  result.text := whole ->> 'text';
  if result.text = '' then
    raise exception using errcode = 'TH002', column = 'text', message = 'is empty';
  end if;
  if octet_length(result.text) > max_text_bytes then
    raise exception using errcode = 'TH003', column = 'text', message = format('is longer than %s bytes', max_text_bytes);
  end if;

  result.project := coalesce(whole ->> 'project', 'default');
  if result.project = '' or octet_length(result.project) > 255 then
    raise exception using errcode = 'TH007', column = 'project', message = 'must be 1 to 255 bytes';
  end if;
  result.business_id := coalesce(whole ->> 'businessId', '');
  if whole ->> 'businessId' = '' or octet_length(result.business_id) > 255 then
    raise exception using errcode = 'TH006', column = 'businessId', message = 'must be 1 to 255 bytes';
  end if;

  if jsonb_typeof(whole -> 'targetLocales') is distinct from 'array' then
    raise exception using errcode = 'TH001', column = 'targetLocales', message = 'must be a list of at least one locale';
  elsif jsonb_array_length(whole -> 'targetLocales') = 0 then
    raise exception using errcode = 'TH001', column = 'targetLocales', message = 'must be a list of at least one locale';
  end if;
  begin
    field := 'sourceLocale';
    result.source_locale := canonical_locale(coalesce(whole ->> 'sourceLocale', 'und'));
    for target in
      select l.value, l.ord from jsonb_array_elements(whole -> 'targetLocales') with ordinality as l (value, ord)
    loop
      field := format('targetLocales[%s]', target.ord - 1);
      if jsonb_typeof(target.value) <> 'string' then
        raise exception using errcode = 'TH005', message = 'must be a string';
      elsif canonical_locale(target.value #>> '{}') = 'und' then
        raise exception using errcode = 'TH005', message = 'cannot be und';
      end if;
      result.target_locales := result.target_locales || canonical_locale(target.value #>> '{}');
    end loop;
  exception when sqlstate 'TH005' then
    raise exception using errcode = 'TH005', column = field, message = sqlerrm;
  end;
  if cardinality(result.target_locales) > 1 then
    result.target_locales := array(
      select l.locale from unnest(result.target_locales) with ordinality as l (locale, ord)
      group by l.locale order by min(l.ord)
    );
  end if;

  result.context := canonical_json(normal_context(coalesce(nullif(item -> 'context', 'null'), defaults -> 'context')));

  result.format := coalesce(whole ->> 'format', 'auto');
  if result.format not in ('auto', 'text', 'icu', 'i18next', 'printf', 'html', 'markdown', 'java', 'fluent', 'strftime') then
    raise exception using errcode = 'TH010', column = 'format',
      message = 'must be one of auto, text, icu, i18next, printf, html, markdown, java, fluent, strftime';
  end if;

  result.priority := case coalesce(whole ->> 'priority', 'normal')
    when 'interactive' then -1 when 'normal' then 0 when 'bulk' then 1 end;
  if result.priority is null then
    raise exception using errcode = 'TH009', column = 'priority', message = 'must be interactive, normal or bulk';
  end if;

  if whole ? 'force' and jsonb_typeof(whole -> 'force') <> 'boolean' then
    raise exception using errcode = 'TH001', column = 'force', message = 'must be true or false';
  end if;
  result.forced := coalesce((whole ->> 'force')::boolean, false);

  if whole ? 'expiresAfterSeconds' then
    if jsonb_typeof(whole -> 'expiresAfterSeconds') <> 'number'
      or (whole ->> 'expiresAfterSeconds')::numeric not between 1 and 2147483647
      or (whole ->> 'expiresAfterSeconds')::numeric % 1 <> 0
    then
      raise exception using errcode = 'TH001', column = 'expiresAfterSeconds',
        message = 'must be a whole number from 1 to 2147483647';
    end if;
    result.lifetime := (whole ->> 'expiresAfterSeconds')::numeric::integer;
  end if;
  if whole ? 'hint' then
    result.hint := jsonb_strip_nulls(whole -> 'hint');
    if not are_hints(array[result.hint]) then
      raise exception using errcode = 'TH001', column = 'hint', message = hint_problem();
    end if;
  end if;
  result.verbatim := is_verbatim(result.text);
  return result;
end
$$;

-- function register/read_items
create or replace function trans_hub.read_items(
  items jsonb, defaults jsonb, max_text_bytes integer,
  out good trans_hub.item[], out good_indexes integer[], out rejected jsonb
)
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  entry record;
  refusals jsonb[] := '{}';
  field text;
begin
  good := '{}';
  good_indexes := '{}';
  select c.list, c.fields into items, defaults from items_of_call(items, defaults) as c;
  for entry in select e.value, e.ord::integer - 1 as index from jsonb_array_elements(items) with ordinality as e (value, ord) loop
    begin
      good := good || read_item(entry.value, defaults, max_text_bytes);
      good_indexes := good_indexes || entry.index;
    exception when others then
      -- Only refusals of the item: a fault of the database is not the item's.
      if sqlstate !~ '^(TH0|22|54)' then
        raise;
      end if;
      get stacked diagnostics field = column_name;
      refusals := refusals || jsonb_build_object(
        'index', entry.index,
        'code', item_code(sqlstate),
        'message', case when sqlstate ~ '^TH0' then concat_ws(': ', nullif(field, ''), sqlerrm)
          else 'the database cannot store it (SQLSTATE ' || sqlstate || ')' end
      );
    end;
  end loop;
  -- Made once: jsonb that grows item by item is copied item by item, and 16,000 refusals took 45 s.
  rejected := to_jsonb(refusals);
end
$$;

-- function register/receipt_of
create or replace function trans_hub.receipt_of(
  items trans_hub.grouped_items, wanted trans_hub.wanted_row[], registered integer[], failed integer[]
) returns trans_hub.register_receipt
language plpgsql stable
as $$
declare
  receipt register_receipt;
begin
  select
    array_agg(coalesce(r.rows, 0) order by i.ord),
    case when bool_or(g.wants > coalesce(r.rows, 0)) then array_agg(g.wants - coalesce(r.rows, 0) order by i.ord) end
  into receipt.registered, receipt.existing
  from (
    select coalesce(i.group_no, 1) as group_no, i.ord::integer as ord
    from unnest(items.texts, items.item_groups) with ordinality as i (text, group_no, ord)
  ) as i
  join (
    select w.group_no, count(*)::integer as wants from unnest(items.want_groups) as w (group_no) group by w.group_no
  ) as g using (group_no)
  left join (
    select w.items[1] as ord, count(*)::integer as rows
    from unnest(registered) as p (place)
    join unnest(wanted) as w using (place)
    group by w.items[1]
  ) as r using (ord);

  if failed <> '{}' then
    select array_agg(coalesce(f.rows, 0) order by i.ord)
    into receipt.failed
    from generate_series(1, cardinality(items.texts)) as i (ord)
    left join (
      select a.item as ord, count(*)::integer as rows
      from unnest(failed) as p (place)
      join unnest(wanted) as w using (place)
      cross join lateral unnest(w.items) as a (item)
      group by a.item
    ) as f using (ord);
  end if;
  return receipt;
end
$$;

-- function register/receipt_with_refused
create or replace function trans_hub.receipt_with_refused(receipt trans_hub.register_receipt, refused boolean[])
returns trans_hub.register_receipt
language plpgsql immutable
as $$
begin
  select
    array_agg(case when i.is_refused then 0 else coalesce(receipt.registered[i.place], 0) end order by i.ord),
    case when receipt.existing is not null then
      array_agg(case when i.is_refused then 0 else receipt.existing[i.place] end order by i.ord) end,
    case when receipt.failed is not null then
      array_agg(case when i.is_refused then 0 else receipt.failed[i.place] end order by i.ord) end
  into receipt.registered, receipt.existing, receipt.failed
  from (
    select r.is_refused, r.ord, count(*) filter (where not r.is_refused) over (order by r.ord) as place
    from unnest(refused) with ordinality as r (is_refused, ord)
  ) as i;
  receipt.refused := refused;
  return receipt;
end
$$;

-- function register/redo_translations
create or replace function trans_hub.redo_translations(
  wanted trans_hub.wanted_row[], due integer[], for_engine text,
  out redone integer[], out revisions integer[], out revived integer[]
)
language plpgsql volatile
as $$
declare
  locked_rows tid[];
  locked_places integer[];
  locked_statuses translation_status[];
  prolonged boolean[];
  translated_projects text[];
  translated_locales text[];
begin
  select
    array_agg(t.ctid), array_agg(w.place), array_agg(t.status),
    array_agg(t.status = 'pending' and t.priority <= w.priority)
  into locked_rows, locked_places, locked_statuses, prolonged
  from (
    select w.*
    from unnest(due) as d (place)
    join unnest(wanted) as w using (place)
    order by w.content_no, w.locale, w.context_no, w.project
  ) as w
  cross join lateral (
    select t.ctid, t.status, t.priority
    from translation as t
    where t.content_no = w.content_no and t.target_locale = w.locale
      and t.context_no = w.context_no and t.project = w.project
      and is_due(t.status, t.engine, t.priority, t.expires_at, w.forced, for_engine, w.priority, w.expires_at)
    for update
  ) as t;

  -- A statement of its own: it must see the rows that a worker changed while the one above waited for their locks.
  with locked as materialized (
    select l.row, l.place, l.old_status, l.is_only_prolonged, w.priority, w.expires_at
    from unnest(locked_rows, locked_places, locked_statuses, prolonged) as l (row, place, old_status, is_only_prolonged)
    join unnest(wanted) as w using (place)
  ), prolonged as (
    update translation as t set expires_at = l.expires_at
    from locked as l
    where t.ctid = l.row and l.is_only_prolonged
  ), again as (
    update translation as t
    set
      status = 'pending', revision = t.revision + 1, priority = l.priority, updated_at = now(),
      expires_at = case
        when l.old_status <> 'pending' then l.expires_at
        -- "greatest" passes over a null, which here is the greatest.
        when t.expires_at is not null and l.expires_at is not null then greatest(t.expires_at, l.expires_at)
      end
    from locked as l
    where t.ctid = l.row and not l.is_only_prolonged
    returning t.content_no, t.target_locale, t.context_no, t.project, t.revision, l.old_status, l.place
  ), closed as (
    update dead_letter as d
    set replayed_at = now()
    from (
      select d.ctid
      from again as a
      cross join lateral (
        select d.ctid, d.replayed_at from dead_letter as d
        where d.content_no = a.content_no and d.target_locale = a.target_locale
          and d.context_no = a.context_no and d.project = a.project
        offset 0
      ) as d
      -- Outside: inside, all letters that are open would be read for each row, by the index that lists them.
      where d.replayed_at is null
    ) as open_letter
    where d.ctid = open_letter.ctid
  )
  select
    array_agg(a.place), array_agg(a.revision), array_agg(a.place) filter (where a.old_status <> 'pending'),
    array_agg(a.project) filter (where a.old_status = 'translated'),
    array_agg(a.target_locale) filter (where a.old_status = 'translated')
  into redone, revisions, revived, translated_projects, translated_locales
  from again as a;

  if translated_projects is not null then
    perform count_changes(
      translated_projects, translated_locales,
      array_fill('translated'::translation_status, array[cardinality(translated_projects)]),
      array_fill('pending'::translation_status, array[cardinality(translated_projects)])
    );
  end if;
end
$$;

-- function register/refuse_isolation
create or replace function trans_hub.refuse_isolation(called text) returns void
language plpgsql volatile
as $$
begin
  raise exception using
    errcode = 'TH020',
    message = format(
      'trans_hub.%s works in read committed only; this transaction is %s', called, current_setting('transaction_isolation')
    ),
    hint = 'TH_ISOLATION: begin the transaction with "isolation level read committed". '
      'In any level, trans_hub.enqueue takes items and trans_hub.get_translations reads.';
end
$$;

-- function register/refuse_unfit
create or replace function trans_hub.refuse_unfit(items trans_hub.grouped_items) returns void
language plpgsql stable
as $$
declare
  n integer := cardinality(items.texts);
  g integer := cardinality(items.group_projects);
  fault record;
begin
  select f.state, f.field, f.problem into fault
  from (
    values
      (n is null or array_ndims(items.texts) > 1, 'TH001', 'text', 'must be a list with one dimension'),
      (array_position(items.texts, null) is not null, 'TH001', 'text', 'is missing'),
      ('' = any (items.texts), 'TH002', 'text', 'is empty'),
      (exists (select from unnest(items.business_ids) as i where octet_length(i) > 255), 'TH006', 'businessId',
        'must be 1 to 255 bytes'),
      (not items.formats <@ array['auto', 'text', 'icu', 'i18next', 'printf', 'html', 'markdown', 'java', 'fluent', 'strftime'], 'TH010', 'format',
        'must be one of auto, text, icu, i18next, printf, html, markdown, java, fluent, strftime'),
      (not are_hints(items.hints), 'TH001', 'hint', hint_problem()),
      (exists (select from unnest(items.group_projects) as i where octet_length(i) between 1 and 255 is not true), 'TH007',
        'project', 'must be 1 to 255 bytes'),
      (exists (
        select from unnest(items.group_source_locales) as i
        where (i ~ '^[A-Za-z0-9]{2,8}(-[A-Za-z0-9]{1,8})*$' and octet_length(i) <= 255) is not true
      ), 'TH005', 'sourceLocale', 'is not a locale'),
      (exists (select from unnest(items.group_priorities) as i where i between -1 and 1 is not true), 'TH009', 'priority',
        'must be -1, 0 or 1'),
      (array_position(items.group_forced, null) is not null, 'TH001', 'force', 'must be true or false'),
      (exists (
        select from unnest(items.want_locales) as i
        where (i ~ '^[A-Za-z0-9]{2,8}(-[A-Za-z0-9]{1,8})*$' and octet_length(i) <= 255) is not true
      ), 'TH005', 'targetLocales', 'is not a locale'),
      (exists (select from generate_series(1, g) as i where i = any (items.want_groups) is not true), 'TH001',
        'targetLocales', 'must be a list of at least one locale for each group of items'),
      (true, 'TH001', 'item', 'must be columns of one length, with groups from 1 to the number of groups')
  ) as f (is_fault, state, field, problem)
  where f.is_fault
  limit 1;
  raise exception using errcode = fault.state, column = fault.field, message = fault.problem;
end
$$;

-- function register/refused_items
create or replace function trans_hub.refused_items(items trans_hub.grouped_items, bound bigint) returns boolean[]
language plpgsql stable
as $$
declare
  wants want[] := wants_of(items);
  room bigint := bound - waiting_texts();
  asked bigint;
  refused boolean[];
begin
  select count(*) into asked
  from unnest(items.texts, items.item_groups) as i (text, group_no)
  join unnest(wants) as w on w.group_no = coalesce(i.group_no, 1);
  if room >= asked then
    return null;
  end if;

  select array_agg(i.new_rows > 0 and i.sum_of_new_rows > room order by i.ord)
  into refused
  from (
    select i.ord, i.new_rows, sum(i.new_rows) over (order by i.ord) as sum_of_new_rows
    from (
      select i.ord, count(*) filter (where work.is_new) as new_rows
      from (
        select i.text, i.context, coalesce(i.format, 'auto') as format, coalesce(i.verbatim, false) as is_verbatim,
          coalesce(i.group_no, 1) as group_no, i.ord
        from unnest(items.texts, items.contexts, items.formats, items.verbatim, items.item_groups) with ordinality
          as i (text, context, format, verbatim, group_no, ord)
      ) as i
      left join unnest(wants) as w on w.group_no = i.group_no
      cross join lateral (
        select w.locale is not null and not i.is_verbatim and w.locale <> w.source_locale and coalesce((
          select w.forced and t.status in ('translated', 'failed')
          from find_row(w.project, null, w.source_locale, i.text, i.context, i.format) as f
          join translation as t
            on t.content_no = f.content_no and t.context_no = f.context_no and t.target_locale = w.locale
            and t.project = w.project
        ), true) as is_new
      ) as work
      group by i.ord
    ) as i
  ) as i;
  return case when true = any (refused) then refused end;
end
$$;

-- function register/register
create or replace function trans_hub.register(items trans_hub.grouped_items, options trans_hub.register_options)
returns trans_hub.register_receipt
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
-- register_items sets the timeout of a lock. Without this line it would stay for the rest of the caller's transaction.
set lock_timeout = 0
-- Plans must not depend on statistics: the first import runs on tables that were never analyzed.
set enable_seqscan = off
-- The line above makes plans look expensive, and PostgreSQL compiles expensive plans: before version 18, some 60 ms a call.
set jit = off
as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('register');
  end if;
  if not are_fit(items) then
    perform refuse_unfit(items);
  end if;
  if items.contexts is not null then
    -- Each different one once: canonical_json takes 40 µs, and texts of one screen share their context.
    items.contexts := array(
      select d.canonical
      from unnest(items.contexts) with ordinality as c (context, ord)
      left join (
        select u.context, canonical_context(u.context) as canonical
        from (select distinct c.context from unnest(items.contexts) as c (context)) as u
        offset 0
      ) as d using (context)
      order by c.ord
    );
  end if;
  if items.verbatim is not null then
    items.verbatim := array(
      select v.verbatim and is_verbatim(items.texts[v.ord])
      from unnest(items.verbatim) with ordinality as v (verbatim, ord)
      order by v.ord
    );
  end if;
  return register_items(items, fit_options(options));
end
$$;

-- function register/register_admitted
create or replace function trans_hub.register_admitted(items trans_hub.grouped_items, options trans_hub.register_options)
returns trans_hub.register_receipt
language plpgsql volatile
as $$
declare
  content_ids uuid[];
  context_nos bigint[];
  receipt register_receipt;
begin
  perform set_config('lock_timeout', options.lock_timeout_ms::text, true);
  content_ids := array(
    select content_id(items.group_source_locales[coalesce(i.group_no, 1)], i.text)
    from unnest(items.texts, items.item_groups) with ordinality as i (text, group_no, ord)
    order by i.ord
  );
  -- Most calls have no context.
  if items.contexts is null and items.formats is null then
    context_nos := array_fill(0::bigint, array[cardinality(items.texts)]);
  else
    context_nos := store_contexts(items);
  end if;

  -- Each text is here once, and none of fifty that speak for all is stored: the catalog is new. Where the fifty are wrong, the
  -- unique key of content says so, and nothing has happened. A look at all 1,000 texts took 0.5 ms more of each chunk.
  if
    (select count(*) from (select from unnest(content_ids) as i group by i) as d) = cardinality(content_ids)
    and not exists (
      select from content as c
      where c.content_id = any (array(
        select content_ids[i] from generate_series(1, cardinality(content_ids), (cardinality(content_ids) + 49) / 50) as i
      ))
    )
  then
    begin
      return register_new_catalog(items, content_ids, context_nos, options);
    exception when unique_violation then
      -- Another producer was faster, or the fifty were wrong.
      null;
    end;
  end if;
  return register_known_catalog(items, content_ids, context_nos, options);
end
$$;

-- function register/register_inbox
create or replace function trans_hub.register_inbox(ids bigint[], out count integer, out refused jsonb)
language plpgsql volatile security definer
-- See register.
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = 0
set enable_seqscan = off
set jit = off
as $$
declare
  taken record;
  read record;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('register_inbox');
  end if;
  with row as (
    delete from inbox as i
    using (select id from inbox where id = any (ids) order by id for update skip locked) as next
    where i.id = next.id
    returning i.id, i.items, i.defaults, i.created_at, i.tries, i.traceparent
  )
  select
    (select count(*) from row)::integer as count,
    (select r.defaults from row as r limit 1) as defaults,
    (select min(r.tries) from row as r) as tries,
    -- The first 16: each has 55 characters.
    (select left(string_agg(distinct r.traceparent, ' '), 895) from row as r) as traceparent,
    (
      -- An expiry counts from the request on, not from now.
      select jsonb_agg(
        case
          when jsonb_typeof(e.value) = 'object' and jsonb_typeof(l.seconds) = 'number' and l.seconds::numeric > 1
          then e.value || jsonb_build_object(
            'expiresAfterSeconds',
            greatest(1, ceil(l.seconds::numeric - extract(epoch from clock_timestamp() - r.created_at)::numeric))
          )
          else e.value
        end
        order by r.id, e.ord
      )
      from row as r
      cross join lateral jsonb_array_elements(inbox_list(r.items)) with ordinality as e (value, ord)
      cross join lateral (
        select coalesce(nullif(e.value -> 'expiresAfterSeconds', 'null'), r.defaults -> 'expiresAfterSeconds') as seconds
      ) as l
    ) as items
  into taken;
  count := taken.count;
  refused := '[]';
  if count > 0 then
    if taken.traceparent is not null then
      perform set_config('trans_hub.traceparent', taken.traceparent, true);
    end if;
    perform set_config('trans_hub.tag', coalesce(taken.defaults ->> 'tag', ''), true)
    where taken.defaults ? 'tag' or current_setting('trans_hub.tag', true) <> '';
    select r.good, r.rejected into read from read_items(taken.items, taken.defaults, 2147483647) as r;
    if read.good <> '{}' then
      perform register_admitted(items_as_groups(read.good), sql_options(
        taken.defaults ->> 'engine',
        -- A row that was behind a lock before is only tried: hundreds of them must not delay the one that is free now.
        case when taken.tries = 0 then 50 else 1 end
      ));
    end if;
    if read.rejected <> '[]' then
      with kept as (
        insert into inbox (items, defaults, refused)
        select jsonb_build_array(taken.items -> (r.value ->> 'index')::integer), taken.defaults, r.value ->> 'code'
        from jsonb_array_elements(read.rejected) as r (value)
        returning id, inbox.refused as code
      )
      select jsonb_agg(jsonb_build_object('id', k.id, 'code', k.code) order by k.id) into refused from kept as k;
    end if;
  end if;
end
$$;

-- function register/register_items
create or replace function trans_hub.register_items(items trans_hub.grouped_items, options trans_hub.register_options)
returns trans_hub.register_receipt
language plpgsql volatile
as $$
declare
  bound bigint := backlog_bound(options.max_backlog);
  refused boolean[];
  receipt register_receipt;
begin
  if bound is not null then
    refused := refused_items(items, bound);
  end if;
  if refused is null then
    return register_admitted(items, options);
  end if;
  if not (true = all (refused)) then
    receipt := register_admitted(admitted_items(items, refused), options);
  end if;
  return receipt_with_refused(receipt, refused);
end
$$;

-- function register/register_known_catalog
create or replace function trans_hub.register_known_catalog(
  items trans_hub.grouped_items, content_ids uuid[], context_nos bigint[], options trans_hub.register_options
) returns trans_hub.register_receipt
language plpgsql volatile
as $$
declare
  content_nos bigint[] := store_contents(items, content_ids);
  wanted wanted_row[];
  outcome record;
  again record;
  work integer[];
  revisions integer[];
begin
  if items.business_ids is not null then
    -- In an "if" of its own: with the question above it would be a query for items without ids too.
    if exists (select from feed_switch) then
      perform note_renames(items, content_nos, context_nos);
    end if;
  end if;
  perform note_sources(items, content_nos, context_nos, options.touch_after);
  if items.hints is not null then
    perform note_hints(items, content_nos, context_nos);
  end if;
  wanted := wanted_rows(items, content_nos, context_nos);
  outcome := make_translations(wanted, options.for_engine);
  if outcome.made <> '{}' then
    work := outcome.made;
    revisions := array_fill(first_revision(), array[cardinality(work)]);
  end if;
  if outcome.due <> '{}' then
    again := redo_translations(wanted, outcome.due, options.for_engine);
    work := work || again.redone;
    revisions := revisions || again.revisions;
    outcome.made := outcome.made || again.revived;
  end if;
  if work is not null then
    perform enqueue_wanted(wanted, work, revisions, options);
  end if;
  return receipt_of(items, wanted, outcome.made, outcome.failed);
end
$$;

-- function register/register_new_catalog
create or replace function trans_hub.register_new_catalog(
  items trans_hub.grouped_items, content_ids uuid[], context_nos bigint[], options trans_hub.register_options
) returns trans_hub.register_receipt
language plpgsql volatile
as $$
declare
  new_revision integer := first_revision();
  wants want[] := wants_of(items);
  -- Numbers taken a thousand at a time: the column's own default looks at the page of the sequence once a row, 5 ms a chunk.
  content_nos bigint[] := array(
    select nextval('content_content_no_seq') from generate_series(1, cardinality(content_ids))
  );
  -- PERFORM takes no statement that begins with WITH.
  nothing record;
  receipt register_receipt;
begin
  -- An id whose text was edited: the usual case of one.
  if items.business_ids is not null then
    -- In an "if" of its own: with the question above it would be a query for items without ids too.
    if exists (select from feed_switch) then
      perform note_renames(items, content_nos, context_nos);
    end if;
  end if;

  insert into content (content_no, content_id, source_locale, text)
  overriding system value
  select i.content_no, i.content_id, items.group_source_locales[coalesce(i.group_no, 1)], i.text
  from unnest(content_nos, content_ids, items.item_groups, items.texts) as i (content_no, content_id, group_no, text)
  order by i.content_id;

  insert into source (project, business_id, content_no, context_no)
  select items.group_projects[coalesce(i.group_no, 1)], coalesce(i.business_id, ''), i.content_no, i.context_no
  from unnest(content_nos, context_nos, items.item_groups, items.business_ids)
    as i (content_no, context_no, group_no, business_id);
  if items.hints is not null then
    perform note_hints(items, content_nos, context_nos);
  end if;

  if items.verbatim is not null or exists (select from unnest(wants) as w where w.locale = w.source_locale) then
    with made as (
      insert into translation (content_no, target_locale, context_no, project, status, priority, revision, text, engine)
      select i.content_no, w.locale, i.context_no, w.project, 'translated', w.priority, new_revision, i.text, 'none'
      from unnest(content_nos, context_nos, items.item_groups, items.verbatim, items.texts)
        as i (content_no, context_no, group_no, verbatim, text)
      join unnest(wants) as w on w.group_no = coalesce(i.group_no, 1)
      where i.verbatim or w.locale = w.source_locale
      returning project, target_locale, status, content_no, context_no, revision
    ), counted as materialized (
      select count_changes(array_agg(m.project), array_agg(m.target_locale), null, array_agg(m.status)) from made as m
    ), told as materialized (
      select write_events(
        'translated', array_agg(m.project), array_agg(m.target_locale), array_agg(m.content_no), array_agg(m.context_no),
        array_agg(m.revision)
      )
      from made as m
    )
    select (select count(*) from counted), (select count(*) from told) into nothing;
  end if;

  insert into translation (content_no, target_locale, context_no, project, status, priority, revision, expires_at)
  select
    i.content_no, w.locale, i.context_no, w.project, 'pending', w.priority, new_revision,
    now() + make_interval(secs => i.lifetime)
  from unnest(content_nos, context_nos, items.item_groups, items.verbatim, items.lifetimes)
    as i (content_no, context_no, group_no, verbatim, lifetime)
  join unnest(wants) as w on w.group_no = coalesce(i.group_no, 1)
  where w.locale <> w.source_locale and i.verbatim is not true;

  perform enqueue_new_catalog(items, wants, content_nos, context_nos, new_revision, options);

  if items.item_groups is null then
    receipt.registered := array_fill(cardinality(wants), array[cardinality(items.texts)]);
  else
    select array_agg(g.wants order by i.ord)
    into receipt.registered
    from unnest(items.item_groups) with ordinality as i (group_no, ord)
    join (select w.group_no, count(*)::integer as wants from unnest(wants) as w group by w.group_no) as g using (group_no);
  end if;
  return receipt;
end
$$;

-- function register/request
create or replace function trans_hub.request(items jsonb, defaults jsonb default '{}') returns jsonb
language plpgsql volatile security definer
-- See register.
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = 0
set enable_seqscan = off
set jit = off
as $$
declare
  earlier_tag text := current_setting('trans_hub.tag', true);
  read record;
  receipt register_receipt;
  queued bigint := 0;
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('request');
  end if;
  -- The receipt promises that the items are kept.
  if current_setting('synchronous_commit') = 'off' then
    perform set_config('synchronous_commit', 'on', true);
  end if;
  select r.good, r.good_indexes, r.rejected into read from read_items(items, defaults, 1048576) as r;
  -- The batches take it from the setting.
  if defaults ? 'tag' then
    perform set_config('trans_hub.tag', coalesce(tag_of(defaults), ''), true);
  end if;
  if read.good <> '{}' then
    begin
      receipt := register_items(items_as_groups(read.good), sql_options(defaults ->> 'engine', 200));
    exception when lock_not_available or deadlock_detected then
      read.rejected := enqueue(items, defaults) -> 'rejected';
      select coalesce(sum(cardinality(g.target_locales)), 0) into queued
      from unnest(read.good) with ordinality
        as g (project, business_id, source_locale, text, context, format, verbatim, priority, forced, target_locales, lifetime, hint, ord)
      join unnest(read.good_indexes) with ordinality as i (index, ord) using (ord)
      left join jsonb_array_elements(read.rejected) as r (value) on (r.value ->> 'index')::integer = i.index
      where r.value is null;
    end;
  end if;
  -- A later call in the same transaction may have none.
  if defaults ? 'tag' then
    perform set_config('trans_hub.tag', coalesce(earlier_tag, ''), true);
  end if;
  read.rejected := with_full_backlog(read.rejected, read.good_indexes, receipt.refused);
  return jsonb_build_object(
    'registered', (select coalesce(sum(n), 0) from unnest(receipt.registered) as n),
    'existing', (select coalesce(sum(n), 0) from unnest(receipt.existing) as n),
    'queued', queued,
    'failed', (select coalesce(sum(n), 0) from unnest(receipt.failed) as n),
    'rejected', read.rejected
  );
end
$$;

-- function register/sql_options
create or replace function trans_hub.sql_options(for_engine text, lock_timeout_ms integer) returns trans_hub.register_options
language plpgsql immutable
as $$
begin
  return row(50, 32768, interval '1 day', for_engine, lock_timeout_ms, null)::register_options;
end
$$;

-- function register/store_contents
create or replace function trans_hub.store_contents(items trans_hub.grouped_items, item_content_ids uuid[]) returns bigint[]
language plpgsql volatile
as $$
declare
  content_ids uuid[];
  content_nos bigint[];
begin
  for try in 1..10 loop
    begin
      with made as (
        insert into content (content_id, source_locale, text)
        select distinct on (i.content_id) i.content_id, items.group_source_locales[coalesce(i.group_no, 1)], i.text
        from unnest(item_content_ids, items.item_groups, items.texts) as i (content_id, group_no, text)
        where not exists (select from content as c where c.content_id = i.content_id offset 0)
        order by i.content_id
        on conflict on constraint content_is_stored_once do nothing
        returning content_id, content_no
      )
      select array_agg(m.content_id), array_agg(m.content_no) into content_ids, content_nos from made as m;

      select content_ids || array_agg(c.content_id), content_nos || array_agg(c.content_no)
      into content_ids, content_nos
      from (
        select c.content_id, c.content_no
        from content as c
        where c.content_id = any (array(select unnest(item_content_ids) except select unnest(content_ids)))
        order by c.content_id
        for key share
      ) as c;

      if cardinality(content_ids) = (select count(distinct i) from unnest(item_content_ids) as i) then
        return array(
          select c.content_no
          from unnest(item_content_ids) with ordinality as i (content_id, ord)
          join unnest(content_ids, content_nos) as c (content_id, content_no) on c.content_id = i.content_id
          order by i.ord
        );
      end if;
      raise exception using errcode = 'TH900', message = 'a text was collected while it was registered';
    exception when sqlstate 'TH900' then
      null;
    end;
  end loop;
  raise exception using errcode = '40001', message = 'texts were collected as fast as they were registered';
end
$$;

-- function register/store_contexts
create or replace function trans_hub.store_contexts(items trans_hub.grouped_items) returns bigint[]
language plpgsql volatile
as $$
declare
  context_ids uuid[] := array(
    select context_id(i.context, coalesce(i.format, 'auto'))
    from unnest(items.texts, items.contexts, items.formats) with ordinality as i (text, context, format, ord)
    order by i.ord
  );
  context_nos bigint[];
begin
  for try in 1..10 loop
    begin
      insert into context (context_id, canonical, format)
      select distinct on (i.context_id) i.context_id, i.canonical, coalesce(i.format, 'auto')
      from unnest(context_ids, items.contexts, items.formats) as i (context_id, canonical, format)
      where i.context_id is not null
        and not exists (select from context as c where c.context_id = i.context_id offset 0)
      order by i.context_id
      on conflict on constraint context_is_stored_once do nothing;

      select array_agg(coalesce(c.context_no, 0) order by i.ord)
      into context_nos
      from unnest(context_ids) with ordinality as i (context_id, ord)
      left join (
        select c.context_id, c.context_no
        from context as c
        where c.context_id = any (context_ids)
        order by c.context_id
        for key share
      ) as c on c.context_id = i.context_id;

      if not exists (
        select from unnest(context_ids, context_nos) as i (context_id, context_no)
        where i.context_id is not null and i.context_no = 0
      ) then
        return context_nos;
      end if;
      raise exception using errcode = 'TH900', message = 'a context was collected while it was registered';
    exception when sqlstate 'TH900' then
      null;
    end;
  end loop;
  raise exception using errcode = '40001', message = 'contexts were collected as fast as they were registered';
end
$$;

-- function register/tag_of
create or replace function trans_hub.tag_of(defaults jsonb) returns text
language plpgsql immutable
as $$
declare
  tag text := defaults ->> 'tag';
begin
  if tag is not null and (
    jsonb_typeof(defaults -> 'tag') <> 'string' or length(tag) > 64 or tag !~ '^[0-9A-Za-z][0-9A-Za-z._:/@+-]*$'
  ) then
    raise exception using errcode = 'TH001', column = 'tag',
      message = 'tag must be 1 to 64 letters of English, digits and . _ : / @ + -';
  end if;
  return tag;
end
$$;

-- function register/texts_a_batch
create or replace function trans_hub.texts_a_batch(bytes integer, batch_size integer, batch_bytes integer) returns integer
language sql immutable
return case
  when bytes::bigint * batch_size <= batch_bytes then batch_size
  else 1 << (length(ltrim(greatest(1, batch_bytes / bytes)::bit(32)::text, '0')) - 1)
end;

-- function register/waiting_texts
create or replace function trans_hub.waiting_texts() returns bigint
language plpgsql stable
as $$
begin
  return (select coalesce(sum(cardinality(b.content_nos)), 0) from batch as b)
    + (select coalesce(sum(i.texts), 0) from inbox as i where i.refused is null);
end
$$;

-- function register/wanted_rows
create or replace function trans_hub.wanted_rows(
  items trans_hub.grouped_items, content_nos bigint[], context_nos bigint[]
) returns trans_hub.wanted_row[]
language plpgsql stable
as $$
declare
  wants want[] := wants_of(items);
begin
  -- An array of records: to read 1,000 of them takes 0.3 ms, to read as many from eleven arrays 1.1.
  return array(
    select
      row(
        r.content_no, r.locale, r.context_no, r.project, r.source_locale,
        case when r.is_verbatim then items.texts[r.items[1]] end,
        octet_length(items.texts[r.items[1]]),
        r.priority, r.is_forced and not r.is_verbatim,
        now() + make_interval(secs => r.lifetime),
        r.items, row_number() over (order by r.content_no, r.locale, r.context_no, r.project)
      )::wanted_row
    from (
      select
        i.content_no, w.locale, i.context_no, w.project, w.source_locale,
        bool_or(i.verbatim) or w.locale = w.source_locale as is_verbatim,
        min(w.priority) as priority, bool_or(w.forced) as is_forced,
        case when count(*) = count(i.lifetime) then max(i.lifetime) end as lifetime,
        array_agg(i.ord::integer order by i.ord) as items
      from (
        select i.content_no, i.context_no, coalesce(i.group_no, 1) as group_no, coalesce(i.verbatim, false) as verbatim,
          i.lifetime, i.ord
        from unnest(content_nos, context_nos, items.item_groups, items.verbatim, items.lifetimes) with ordinality
          as i (content_no, context_no, group_no, verbatim, lifetime, ord)
      ) as i
      join unnest(wants) as w on w.group_no = i.group_no
      group by i.content_no, w.locale, i.context_no, w.project, w.source_locale
    ) as r
    order by r.content_no, r.locale, r.context_no, r.project
  );
end
$$;

-- function register/wants_of
create or replace function trans_hub.wants_of(items trans_hub.grouped_items) returns trans_hub.want[]
language plpgsql stable
as $$
begin
  return array(
    select
      row(
        w.group_no, w.locale, items.group_projects[w.group_no], items.group_source_locales[w.group_no],
        items.group_priorities[w.group_no], items.group_forced[w.group_no]
      )::want
    from unnest(items.want_groups, items.want_locales) with ordinality as w (group_no, locale, ord)
    order by w.ord
  );
end
$$;

-- function register/with_full_backlog
create or replace function trans_hub.with_full_backlog(rejected jsonb, good_indexes integer[], refused boolean[]) returns jsonb
language sql immutable
return rejected || coalesce(
  (
    select jsonb_agg(
      jsonb_build_object('index', g.index, 'code', 'TH_BACKLOG_FULL', 'message', 'the backlog is full: try again later')
      order by g.index
    )
    from unnest(good_indexes, refused) as g (index, is_refused)
    where g.is_refused
  ),
  '[]'
);

-- function review/act_to_undo
create or replace function trans_hub.act_to_undo(
  of_content_no bigint, of_target_locale text, of_context_no bigint, of_project text
) returns trans_hub.review_act
language sql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
as $$
  select a.*
  from review_act as a
  where a.content_no = of_content_no and a.target_locale = of_target_locale and a.context_no = of_context_no
    and a.project = of_project and a.action not in ('undo', 'replace')
    and not exists (
      select from review_act as u
      where u.content_no = of_content_no and u.target_locale = of_target_locale and u.context_no = of_context_no
        and u.project = of_project and u.undoes = a.act_no
    )
  order by a.act_no desc
  limit 1
$$;

-- function review/bury_hidden
create or replace function trans_hub.bury_hidden(doomed tid[]) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  projects text[];
  locales text[];
  contents bigint[];
  contexts bigint[];
  revisions integer[];
begin
  if doomed is null then
    return 0;
  end if;
  with buried as (
    update translation as t
    set status = 'failed', revision = t.revision + 1, failed_revision = t.revision + 1, updated_at = now()
    where t.ctid = any (doomed)
    returning t.content_no, t.target_locale, t.context_no, t.project, t.revision, t.priority
  ), lettered as (
    insert into dead_letter (
      content_no, target_locale, context_no, project, revision, priority, kept_text, history, code, message
    )
    select
      b.content_no, b.target_locale, b.context_no, b.project, b.revision, b.priority, false, '[]', 'TH_CANCELLED',
      'A reviewer rejected the text and hid it, and its new try was cancelled'
    from buried as b
  )
  select
    array_agg(b.project), array_agg(b.target_locale), array_agg(b.content_no), array_agg(b.context_no), array_agg(b.revision)
  into projects, locales, contents, contexts, revisions
  from buried as b;
  perform write_events('failed', projects, locales, contents, contexts, revisions);
  return coalesce(cardinality(projects), 0);
end
$$;

-- function review/follows_approved
create or replace function trans_hub.follows_approved(t trans_hub.translation) returns boolean
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
  return exists (
    select
    from source as s
    cross join lateral (
      select b.content_no, b.context_no from source as b
      where b.project = s.project and b.business_id = s.business_id
        and (b.last_seen_at, b.content_no) < (s.last_seen_at, s.content_no)
      offset 0
    ) as b
    cross join lateral (
      select from translation as old
      where old.content_no = b.content_no and old.target_locale = t.target_locale and old.context_no = b.context_no
        and old.project = t.project and old.status = 'approved'
      offset 0
    ) as old
    where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project and s.business_id <> ''
      and not exists (
        select from source as n
        where n.project = s.project and n.business_id = s.business_id
          and (n.last_seen_at, n.content_no) > (s.last_seen_at, s.content_no)
        offset 0
      )
  );
end
$$;

-- function review/is_hidden
create or replace function trans_hub.is_hidden(
  of_content_no bigint, of_target_locale text, of_context_no bigint, of_project text
) returns boolean
language sql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
as $$
  select exists (
    select from review_act as a
    where a.content_no = of_content_no and a.target_locale = of_target_locale and a.context_no = of_context_no
      and a.project = of_project and a.action = 'reject' and a.text_after is null
      and not exists (
        select from review_act as u
        where u.content_no = of_content_no and u.target_locale = of_target_locale and u.context_no = of_context_no
          and u.project = of_project and u.undoes = a.act_no
      )
  )
$$;

-- function review/is_to_review
create or replace function trans_hub.is_to_review(t trans_hub.translation, reason text, sample_percent double precision)
returns boolean
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  last record;
  is_decided boolean;
begin
  if t.status = 'approved' then
    -- A mark holds for the revision that an edit of the glossary found.
    return reason = 'changed' and exists (
      select from stale_mark as m
      where m.content_no = t.content_no and m.target_locale = t.target_locale and m.context_no = t.context_no
        and m.project = t.project and m.revision = t.revision
      offset 0
    );
  end if;
  if t.status <> 'translated' or (reason = 'flagged') <> (t.quality_flags is not null) then
    return false;
  end if;
  -- The same texts at each call: a share of the numbers from 0 to 65,535 by a hash of the id and the locale.
  if reason = 'sample' and (
    select get_byte(h.hash, 0) * 256 + get_byte(h.hash, 1)
    from sha256(convert_to(t.content_no || '-' || t.context_no || '/' || t.target_locale, 'UTF8')) as h (hash)
  ) >= sample_percent * 655.36 then
    return false;
  end if;
  select a.action, a.status_after, a.revision_after, a.text_after into last
  from review_act as a
  where a.content_no = t.content_no and a.target_locale = t.target_locale and a.context_no = t.context_no
    and a.project = t.project and a.action <> 'replace'
  order by a.act_no desc
  limit 1;
  is_decided := found and last.action <> 'undo';
  if is_decided and last.status_after = t.status and last.revision_after = t.revision
    and last.text_after is not distinct from t.text
  then
    return false;
  end if;
  return reason = 'flagged' or (reason = 'changed') = (is_decided or follows_approved(t));
end
$$;

-- function review/may_review
create or replace function trans_hub.may_review(of_target_locale text) returns boolean
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  acting name := coalesce(nullif(current_setting('role', true), 'none'), session_user);
begin
  if has_function_privilege(acting, 'trans_hub.review_every_locale()', 'execute') then
    return true;
  end if;
  return exists (
    select from reviewer_locale as l
    join pg_roles as r on r.rolname = l.role_name
    where l.target_locale in (of_target_locale, '*') and pg_has_role(acting, r.oid, 'usage')
  );
end
$$;

-- function review/review
create or replace function trans_hub.review(
  kinds text[], projects text[], target_locales text[], content_nos bigint[], context_nos bigint[], revisions integer[],
  texts text[], notes text[], people text[], hides boolean[], batch_size integer, batch_bytes integer,
  out problems text[], out present_revisions integer[]
)
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = '5s'
set enable_seqscan = off
set jit = off
as $$
declare
  acts integer := coalesce(cardinality(kinds), 0);
  done record;
  old_statuses translation_status[];
  new_statuses translation_status[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('review');
  end if;
  if acts > 500 or not coalesce(kinds <@ array['approve', 'reject', 'reopen', 'undo'], true)
    or array_position(kinds, null) is not null or '' = any (texts)
    or greatest(cardinality(projects), cardinality(target_locales), cardinality(content_nos), cardinality(context_nos)) > acts
  then
    raise exception using
      errcode = 'TH001', column = 'acts',
      message = 'must be at most 500 acts, each approve, reject, reopen or undo, and none with an empty text';
  end if;
  perform
  from (
    select i.* from unnest(content_nos, target_locales, context_nos, projects) as i (content_no, target_locale, context_no, project)
    -- A lock is an act too: nobody holds rows of a locale that is not theirs.
    where may_review(i.target_locale)
    order by i.content_no, i.target_locale, i.context_no, i.project
  ) as i
  cross join lateral (
    select from translation as t
    where t.content_no = i.content_no and t.target_locale = i.target_locale and t.context_no = i.context_no
      and t.project = i.project
    for update
  ) as t;

  -- Begun whole: an array whose first entries are never assigned has other bounds, and drivers drop those.
  present_revisions := array_fill(null::integer, array[acts]);
  for at in 1 .. acts loop
    if not may_review(target_locales[at]) then
      problems[at] := 'locale';
      continue;
    end if;
    select r.* into done
    from review_row(
      content_nos[at], target_locales[at], context_nos[at], projects[at], kinds[at], revisions[at], texts[at], notes[at],
      people[at], coalesce(hides[at], false)
    ) as r;
    problems[at] := done.problem;
    present_revisions[at] := done.new_revision;
    old_statuses[at] := done.old_status;
    new_statuses[at] := done.new_status;
  end loop;

  perform remember_rows(
    array_agg(content_nos[at]), array_agg(target_locales[at]), array_agg(context_nos[at]), array_agg(projects[at])
  )
  from generate_series(1, acts) as at
  where problems[at] is null
  having count(*) > 0;
  perform count_changes(
    array_agg(projects[at]), array_agg(target_locales[at]), array_agg(old_statuses[at]), array_agg(new_statuses[at])
  )
  from generate_series(1, acts) as at
  where problems[at] is null;
  perform write_events(
    e.kind, array_agg(projects[e.at] order by e.at), array_agg(target_locales[e.at] order by e.at),
    array_agg(content_nos[e.at] order by e.at), array_agg(context_nos[e.at] order by e.at),
    array_agg(present_revisions[e.at] order by e.at)
  )
  from (
    -- Of acts on one row, the last one: a row has one revision after this transaction.
    select distinct on (content_nos[at], target_locales[at], context_nos[at], projects[at])
      at,
      case kinds[at]
        when 'approve' then 'approved' when 'reject' then 'rejected' when 'reopen' then 'reopened' else 'undone'
      end as kind
    from generate_series(1, acts) as at
    where problems[at] is null
    order by content_nos[at], target_locales[at], context_nos[at], projects[at], at desc
  ) as e
  group by e.kind;
  perform enqueue_batches(
    array_agg(r.content_no), array_agg(r.target_locale), array_agg(r.context_no), array_agg(r.project), array_agg(r.revision),
    array_agg(r.priority), array_agg(c.source_locale), array_agg(octet_length(c.text)),
    least(greatest(batch_size, 1), 1000), greatest(batch_bytes, 1)
  )
  from (
    -- Of acts on one row, the last one counts.
    select t.content_no, t.target_locale, t.context_no, t.project, t.revision, t.priority
    from generate_series(1, acts) as at
    cross join lateral (
      select t.* from translation as t
      where t.content_no = content_nos[at] and t.target_locale = target_locales[at] and t.context_no = context_nos[at]
        and t.project = projects[at] and t.status = 'pending' and t.revision = present_revisions[at]
      offset 0
    ) as t
    where problems[at] is null
    order by t.content_no, t.target_locale, t.context_no, t.project
  ) as r
  join content as c on c.content_no = r.content_no
  having count(*) > 0;
end
$$;

-- function review/review_every_locale
create or replace function trans_hub.review_every_locale() returns void
language sql immutable
return null;

-- function review/review_notes
create or replace function trans_hub.review_notes(
  of_project text, of_target_locale text, content_nos bigint[], context_nos bigint[]
) returns json
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
  -- Of texts without a history, this look is all.
  if not exists (
    select from review_act as a
    where a.content_no = any (content_nos) and a.target_locale = of_target_locale and a.project = of_project
  ) then
    return null;
  end if;
  return (
    select json_object_agg(i.ord, coalesce(a.note, ''))
    from unnest(content_nos, context_nos) with ordinality as i (content_no, context_no, ord)
    cross join lateral (
      select a.action, a.note, a.text_before is not null and a.text_after is null as was_hidden
      from review_act as a
      where a.content_no = i.content_no and a.target_locale = of_target_locale and a.context_no = i.context_no
        and a.project = of_project and a.action <> 'undo'
        and not exists (
          select from review_act as u
          where u.content_no = i.content_no and u.target_locale = of_target_locale and u.context_no = i.context_no
            and u.project = of_project and u.undoes = a.act_no
        )
      order by a.act_no desc
      limit 1
    ) as a
    where a.action = 'reject'
      -- A hidden text has no row for what took its place: the row itself has a text then.
      and not (a.was_hidden and exists (
        select from translation as t
        where t.content_no = i.content_no and t.target_locale = of_target_locale and t.context_no = i.context_no
          and t.project = of_project and t.text is not null
        offset 0
      ))
  );
end
$$;

-- function review/review_row
create or replace function trans_hub.review_row(
  of_content_no bigint, of_target_locale text, of_context_no bigint, of_project text,
  kind text, seen_revision integer, given_text text, given_note text, person text, is_to_hide boolean,
  out problem text, out old_status trans_hub.translation_status, out new_status trans_hub.translation_status,
  out new_revision integer
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  before translation;
  after translation;
  undone review_act;
  -- The revision that the last act left behind.
  left_revision integer;
  closed_letter bigint;
begin
  select t.* into before
  from translation as t
  where t.content_no = of_content_no and t.target_locale = of_target_locale and t.context_no = of_context_no
    and t.project = of_project
  for update;
  if not found then
    problem := 'missing';
    return;
  end if;
  if kind = 'undo' then
    undone := act_to_undo(of_content_no, of_target_locale, of_context_no, of_project);
    select max(a.revision_after) into left_revision
    from review_act as a
    where a.content_no = of_content_no and a.target_locale = of_target_locale and a.context_no = of_context_no
      and a.project = of_project and a.action <> 'replace';
  end if;
  old_status := before.status;
  new_status := before.status;
  new_revision := before.revision;
  problem := case
    when seen_revision <> before.revision then 'revision'
    when kind = 'approve' and given_text is null and before.text is null then 'no_text'
    when kind = 'reject' and before.text is null then 'no_text'
    when kind = 'reopen' and before.status <> 'approved' then 'not_approved'
    when kind = 'undo' and undone.act_no is null then 'nothing_to_undo'
    when kind = 'undo' and seen_revision is null and before.revision <> left_revision then 'revision'
  end;
  if problem is not null then
    return;
  end if;
  after := reviewed_row(before, kind, given_text, person, is_to_hide, undone);

  with closed as (
    update dead_letter as d set replayed_at = now()
    from (
      select d.ctid, d.replayed_at
      from dead_letter as d
      where d.content_no = of_content_no and d.target_locale = of_target_locale and d.context_no = of_context_no
        and d.project = of_project
      offset 0
    ) as letter
    where d.ctid = letter.ctid and letter.replayed_at is null
    returning d.id
  )
  select max(c.id) into closed_letter from closed as c;
  if undone.letter_id is not null then
    -- A letter speaks of a row at one revision.
    update dead_letter as d set replayed_at = null, revision = after.revision where d.id = undone.letter_id;
    if found then
      after.failed_revision := after.revision;
    end if;
  end if;
  -- A failed row without a letter could not be replayed: without its letter it is tried again.
  if after.status = 'failed' and after.failed_revision is distinct from after.revision then
    after.status := 'pending';
    after.priority := -1;
  end if;

  update translation as t
  set status = after.status, priority = after.priority, revision = after.revision, text = after.text, engine = after.engine,
    model = after.model, quality_flags = after.quality_flags, approved_by = after.approved_by,
    failed_revision = after.failed_revision, expires_at = after.expires_at, updated_at = after.updated_at
  where t.content_no = of_content_no and t.target_locale = of_target_locale and t.context_no = of_context_no
    and t.project = of_project;
  insert into review_act (
    content_no, target_locale, context_no, project, action, acted_by, note, status_before, revision_before, text_before,
    engine_before, model_before, flags_before, approved_by_before, letter_id, status_after, revision_after, text_after,
    engine_after, model_after, undoes
  )
  values (
    of_content_no, of_target_locale, of_context_no, of_project,
    case when kind = 'approve' and given_text is not null then 'edit' else kind end, person, given_note,
    before.status, before.revision, before.text, before.engine, before.model, before.quality_flags, before.approved_by,
    closed_letter, after.status, after.revision, after.text, after.engine, after.model, undone.act_no
  );
  new_status := after.status;
  new_revision := after.revision;
end
$$;

-- function review/reviewed_row
create or replace function trans_hub.reviewed_row(
  t trans_hub.translation, kind text, given_text text, person text, is_to_hide boolean, undone trans_hub.review_act
) returns trans_hub.translation
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
begin
  t.revision := t.revision + 1;
  t.updated_at := now();
  -- A row that waits again is wanted, whatever its first request said.
  t.expires_at := null;
  case kind
    when 'approve' then
      t.status := 'approved';
      t.approved_by := person;
      -- The person has looked, also where the text stays as it is.
      t.quality_flags := null;
      if given_text is not null then
        t.text := given_text;
        t.engine := 'human';
        t.model := null;
      end if;
    when 'reject' then
      t.status := 'pending';
      t.approved_by := null;
      if is_to_hide then
        t.text := null;
        t.engine := null;
        t.model := null;
        t.quality_flags := null;
      end if;
    when 'reopen' then
      t.status := 'translated';
      t.approved_by := null;
    when 'undo' then
      t.status := undone.status_before;
      t.text := undone.text_before;
      t.engine := undone.engine_before;
      t.model := undone.model_before;
      t.quality_flags := undone.flags_before;
      t.approved_by := undone.approved_by_before;
  end case;
  -- As work that a person waits for.
  if t.status = 'pending' then
    t.priority := -1;
  end if;
  return t;
end
$$;

-- function rules/canonical_json_at
create or replace function trans_hub.canonical_json_at(value jsonb, level integer) returns text
language plpgsql immutable strict parallel safe
as $$
begin
  if level >= 32 and jsonb_typeof(value) in ('object', 'array') then
    raise exception using errcode = 'TH008', column = 'context', message = 'is nested deeper than 32 levels';
  end if;
  case jsonb_typeof(value)
    when 'object' then
      return '{' || coalesce((
        select string_agg(
          to_json(member.key)::text || ':' || case jsonb_typeof(member.value)
            when 'string' then member.value::text
            else trans_hub.canonical_json_at(member.value, level + 1)
          end,
          ','
          -- By UTF-16 code units, in which a character from U+10000 on begins with a surrogate and so comes before
          -- U+E000 … U+FFFF. UTF-8 has it the other way round, so those get the last character put before them.
          order by case
            when member.key ~ E'[\\uE000-\\uFFFF\\U0010FFFF]' then regexp_replace(
              replace(member.key, E'\U0010FFFF', E'\U0010FFFF\u0001'), E'[\\uE000-\\uFFFF]', E'\U0010FFFF\\&', 'g'
            )
            else member.key
          end collate "C"
        )
        from jsonb_each(value) as member (key, value)
      ), '') || '}';
    when 'array' then
      return '[' || coalesce((
        select string_agg(trans_hub.canonical_json_at(element.value, level + 1), ',' order by element.place)
        from jsonb_array_elements(value) with ordinality as element (value, place)
      ), '') || ']';
    when 'number' then
      return trans_hub.canonical_number(value::numeric);
    else
      -- PostgreSQL escapes in a string what JSON.stringify escapes, and in the same way.
      return value::text;
  end case;
end
$$;

-- function rules/canonical_json
create or replace function trans_hub.canonical_json(value jsonb) returns text
language sql immutable strict parallel safe
return trans_hub.canonical_json_at(value, 0);

-- function rules/canonical_locale
create or replace function trans_hub.canonical_locale(locale text) returns text
language plpgsql immutable strict parallel safe
as $$
declare
  part text[] := regexp_match(
    translate(locale, '_', '-'),
    '^([A-Za-z]{2,3})(-[A-Za-z]{4})?(-[A-Za-z]{2}|-[0-9]{3})?((-([A-Za-z0-9]{5,8}|[0-9][A-Za-z0-9]{3}))*)'
      '((-[xX](-[A-Za-z0-9]{1,8})+)?)$'
  );
  -- Case by "C": in a Turkish database, lower('I') is not i.
  language text := lower(part[1] collate "C");
  script text := initcap(substr(part[2], 2) collate "C");
  region text := upper(substr(part[3], 2) collate "C");
  given_variants text[] := string_to_array(lower(substr(part[4], 2) collate "C"), '-');
  variants text[] := '{}';
  private text := lower(part[7] collate "C");
  alias text[] := string_to_array(trans_hub.language_alias(language), '-');
begin
  if cardinality(given_variants) > 0 then
    variants := array(select distinct v collate "C" from unnest(given_variants) as v order by 1);
  end if;
  if alias is not null then
    language := alias[1];
    if length(alias[2]) = 4 then
      script := coalesce(script, alias[2]);
    else
      region := coalesce(region, alias[2]);
    end if;
  end if;
  region := coalesce(trans_hub.region_alias(region), region);
  if language = 'und' and length(locale) = 3 then
    return language;
  elsif length(locale) <= 100
    and (
      length(language) = 2 and trans_hub.is_language_2(language)
      or length(language) = 3 and trans_hub.is_language_3(language)
    )
    and (script is null or trans_hub.is_script(script))
    and (region is null or trans_hub.is_region(region))
    and cardinality(variants) = cardinality(given_variants)
    and not variants && array[
      'aaland', 'arevela', 'arevmda', 'bokmal', 'gaulish', 'guoyu', 'hakka',
      'heploc', 'lojban', 'nynorsk', 'polytoni', 'saaho', 'xiang'
    ]
  then
    return concat_ws('-', language, script, region, nullif(array_to_string(variants, '-'), '')) || private;
  end if;
  -- A string that is no locale may be anything, a text of a user too: only a short plain one is repeated.
  raise exception using errcode = 'TH005', message = case
    when locale ~ '^[A-Za-z0-9_-]{1,20}$' then format('"%s" is not a locale we know', locale)
    else 'is not a locale'
  end;
end
$$;

-- function rules/canonical_number
create or replace function trans_hub.canonical_number(number numeric) returns text
language plpgsql immutable strict parallel safe
-- The shortest digits that read back as the same double; the setting of the session must not matter.
set extra_float_digits = 1
as $$
declare
  double double precision;
begin
  -- From half a step above the greatest double on, a number reads as infinite.
  if abs(number) >= 1.797693134862315807e308 then
    raise exception using errcode = 'TH008', column = 'context', message = 'holds a number beyond a double''s range';
  end if;
  -- To half of the smallest double, it reads as zero; the cast would refuse it.
  double := case when abs(number) <= 2.4703282292062327e-324 then 0 else number end;
  if double = trunc(double) then
    if abs(double) > 9007199254740991 then
      raise exception using errcode = 'TH008', column = 'context',
        message = 'holds a whole number beyond 2^53 - 1, which other languages would round',
        hint = 'Send it as a string.';
    end if;
    return double::bigint;
  end if;
  if abs(double) < 1e-6 then
    return replace(double::text, 'e-0', 'e-');
  end if;
  return double::text::numeric; -- from the digits: the direct cast keeps 15 of them
end
$$;

-- function rules/content_id
create or replace function trans_hub.content_id(source_locale text, text text) returns uuid
language sql stable strict parallel safe
return encode(
  substr(sha256(convert_to(source_locale, 'UTF8') || '\x00'::bytea || convert_to(text, 'UTF8')), 1, 16), 'hex'
)::uuid;

-- function rules/context_id
create or replace function trans_hub.context_id(canonical text, format text) returns uuid
language sql immutable parallel safe
return case when canonical is not null or format <> 'auto' then encode(
  substr(sha256(convert_to(coalesce(canonical, ''), 'UTF8') || '\x00'::bytea || convert_to(format, 'UTF8')), 1, 16),
  'hex'
)::uuid end;

-- function rules/first_revision
create or replace function trans_hub.first_revision() returns integer
language sql volatile
return 1 + pg_catalog.pg_current_xact_id()::text::bigint % 1000000000;

-- function rules/has_letter
create or replace function trans_hub.has_letter(text text) returns boolean
language sql immutable strict parallel safe
return text ~ '[A-Za-z]' or text ~ (
  '['
  '\u0041-\u005a\u0061-\u007a\u00aa\u00b5\u00ba\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02c1\u02c6-\u02d1\u02e0-\u02e4'
  '\u02ec\u02ee\u0370-\u0374\u0376-\u037d\u037f\u0386\u0388-\u03f5\u03f7-\u0481\u048a-\u0559\u0560-\u0588'
  '\u05d0-\u05f2\u0620-\u064a\u066e-\u066f\u0671-\u06d3\u06d5\u06e5-\u06e6\u06ee-\u06ef\u06fa-\u06fc\u06ff\u0710'
  '\u0712-\u072f\u074d-\u07a5\u07b1\u07ca-\u07ea\u07f4-\u07f5\u07fa\u0800-\u0815\u081a\u0824\u0828\u0840-\u0858'
  '\u0860-\u0887\u0889-\u088f\u08a0-\u08c9\u0904-\u0939\u093d\u0950\u0958-\u0961\u0971-\u0980\u0985-\u09b9\u09bd'
  '\u09ce\u09dc-\u09e1\u09f0-\u09f1\u09fc\u0a05-\u0a39\u0a59-\u0a5e\u0a72-\u0a74\u0a85-\u0ab9\u0abd\u0ad0-\u0ae1'
  '\u0af9\u0b05-\u0b39\u0b3d\u0b5c-\u0b61\u0b71\u0b83-\u0bb9\u0bd0\u0c05-\u0c39\u0c3d\u0c58-\u0c61\u0c80'
  '\u0c85-\u0cb9\u0cbd\u0cdc-\u0ce1\u0cf1-\u0cf2\u0d04-\u0d3a\u0d3d\u0d4e\u0d54-\u0d56\u0d5f-\u0d61\u0d7a-\u0d7f'
  '\u0d85-\u0dc6\u0e01-\u0e30\u0e32-\u0e33\u0e40-\u0e46\u0e81-\u0eb0\u0eb2-\u0eb3\u0ebd-\u0ec6\u0edc-\u0f00'
  '\u0f40-\u0f6c\u0f88-\u0f8c\u1000-\u102a\u103f\u1050-\u1055\u105a-\u105d\u1061\u1065-\u1066\u106e-\u1070'
  '\u1075-\u1081\u108e\u10a0-\u10fa\u10fc-\u135a\u1380-\u138f\u13a0-\u13fd\u1401-\u166c\u166f-\u167f\u1681-\u169a'
  '\u16a0-\u16ea\u16f1-\u1711\u171f-\u1731\u1740-\u1751\u1760-\u1770\u1780-\u17b3\u17d7\u17dc\u1820-\u1884'
  '\u1887-\u18a8\u18aa-\u191e\u1950-\u19c9\u1a00-\u1a16\u1a20-\u1a54\u1aa7\u1b05-\u1b33\u1b45-\u1b4c\u1b83-\u1ba0'
  '\u1bae-\u1baf\u1bba-\u1be5\u1c00-\u1c23\u1c4d-\u1c4f\u1c5a-\u1c7d\u1c80-\u1cbf\u1ce9-\u1cec\u1cee-\u1cf3'
  '\u1cf5-\u1cf6\u1cfa-\u1dbf\u1e00-\u1fbc\u1fbe\u1fc2-\u1fcc\u1fd0-\u1fdb\u1fe0-\u1fec\u1ff2-\u1ffc\u2071\u207f'
  '\u2090-\u209c\u2102\u2107\u210a-\u2113\u2115\u2119-\u211d\u2124\u2126\u2128\u212a-\u212d\u212f-\u2139'
  '\u213c-\u213f\u2145-\u2149\u214e\u2183-\u2184\u2c00-\u2ce4\u2ceb-\u2cee\u2cf2-\u2cf3\u2d00-\u2d6f\u2d80-\u2dde'
  '\u2e2f\u3005-\u3006\u3031-\u3035\u303b-\u303c\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u318e\u31a0-\u31bf'
  '\u31f0-\u31ff\u3400-\u4dbf\u4e00-\ua48c\ua4d0-\ua4fd\ua500-\ua60c\ua610-\ua61f\ua62a-\ua66e\ua67f-\ua69d'
  '\ua6a0-\ua6e5\ua717-\ua71f\ua722-\ua788\ua78b-\ua801\ua803-\ua805\ua807-\ua80a\ua80c-\ua822\ua840-\ua873'
  '\ua882-\ua8b3\ua8f2-\ua8f7\ua8fb\ua8fd-\ua8fe\ua90a-\ua925\ua930-\ua946\ua960-\ua97c\ua984-\ua9b2\ua9cf'
  '\ua9e0-\ua9e4\ua9e6-\ua9ef\ua9fa-\uaa28\uaa40-\uaa42\uaa44-\uaa4b\uaa60-\uaa76\uaa7a\uaa7e-\uaaaf\uaab1'
  '\uaab5-\uaab6\uaab9-\uaabd\uaac0\uaac2-\uaadd\uaae0-\uaaea\uaaf2-\uaaf4\uab01-\uab5a\uab5c-\uab69\uab70-\uabe2'
  '\uac00-\ud7fb\uf900-\ufb1d\ufb1f-\ufb28\ufb2a-\ufbb1\ufbd3-\ufd3d\ufd50-\ufd8f\ufd92-\ufdc7\ufdf0-\ufdfb'
  '\ufe70-\ufefc\uff21-\uff3a\uff41-\uff5a\uff66-\uffdc\U00010000-\U000100fa\U00010280-\U000102d0'
  '\U00010300-\U0001031f\U0001032d-\U00010340\U00010342-\U00010349\U00010350-\U00010375\U00010380-\U0001039d'
  '\U000103a0-\U000103cf\U00010400-\U0001049d\U000104b0-\U00010563\U00010570-\U00010855\U00010860-\U00010876'
  '\U00010880-\U0001089e\U000108e0-\U000108f5\U00010900-\U00010915\U00010920-\U00010939\U00010940-\U000109b7'
  '\U000109be-\U000109bf\U00010a00\U00010a10-\U00010a35\U00010a60-\U00010a7c\U00010a80-\U00010a9c'
  '\U00010ac0-\U00010ac7\U00010ac9-\U00010ae4\U00010b00-\U00010b35\U00010b40-\U00010b55\U00010b60-\U00010b72'
  '\U00010b80-\U00010b91\U00010c00-\U00010cf2\U00010d00-\U00010d23\U00010d4a-\U00010d65\U00010d6f-\U00010d85'
  '\U00010e80-\U00010ea9\U00010eb0-\U00010ec7\U00010f00-\U00010f1c\U00010f27-\U00010f45\U00010f70-\U00010f81'
  '\U00010fb0-\U00010fc4\U00010fe0-\U00010ff6\U00011003-\U00011037\U00011071-\U00011072\U00011075'
  '\U00011083-\U000110af\U000110d0-\U000110e8\U00011103-\U00011126\U00011144\U00011147-\U00011172\U00011176'
  '\U00011183-\U000111b2\U000111c1-\U000111c4\U000111da\U000111dc\U00011200-\U0001122b\U0001123f-\U00011240'
  '\U00011280-\U000112a8\U000112b0-\U000112de\U00011305-\U00011339\U0001133d\U00011350\U0001135d-\U00011361'
  '\U00011380-\U000113b7\U000113d1\U000113d3\U00011400-\U00011434\U00011447-\U0001144a\U0001145f-\U000114af'
  '\U000114c4-\U000114c5\U000114c7\U00011580-\U000115ae\U000115d8-\U000115db\U00011600-\U0001162f\U00011644'
  '\U00011680-\U000116aa\U000116b8\U00011700-\U0001171a\U00011740-\U0001182b\U000118a0-\U000118df'
  '\U000118ff-\U0001192f\U0001193f\U00011941\U000119a0-\U000119d0\U000119e1\U000119e3\U00011a00'
  '\U00011a0b-\U00011a32\U00011a3a\U00011a50\U00011a5c-\U00011a89\U00011a9d\U00011ab0-\U00011af8'
  '\U00011bc0-\U00011be0\U00011c00-\U00011c2e\U00011c40\U00011c72-\U00011c8f\U00011d00-\U00011d30\U00011d46'
  '\U00011d60-\U00011d89\U00011d98\U00011db0-\U00011ddb\U00011ee0-\U00011ef2\U00011f02\U00011f04-\U00011f33'
  '\U00011fb0\U00012000-\U00012399\U00012480-\U00012ff0\U00013000-\U0001342f\U00013441-\U00013446'
  '\U00013460-\U0001611d\U00016800-\U00016a5e\U00016a70-\U00016abe\U00016ad0-\U00016aed\U00016b00-\U00016b2f'
  '\U00016b40-\U00016b43\U00016b63-\U00016d6c\U00016e40-\U00016e7f\U00016ea0-\U00016f4a\U00016f50'
  '\U00016f93-\U00016fe1\U00016fe3\U00016ff2-\U00016ff3\U00017000-\U0001bc99\U0001d400-\U0001d6c0'
  '\U0001d6c2-\U0001d6da\U0001d6dc-\U0001d6fa\U0001d6fc-\U0001d714\U0001d716-\U0001d734\U0001d736-\U0001d74e'
  '\U0001d750-\U0001d76e\U0001d770-\U0001d788\U0001d78a-\U0001d7a8\U0001d7aa-\U0001d7c2\U0001d7c4-\U0001d7cb'
  '\U0001df00-\U0001df2a\U0001e030-\U0001e06d\U0001e100-\U0001e12c\U0001e137-\U0001e13d\U0001e14e'
  '\U0001e290-\U0001e2ad\U0001e2c0-\U0001e2eb\U0001e4d0-\U0001e4eb\U0001e5d0-\U0001e5ed\U0001e5f0'
  '\U0001e6c0-\U0001e6e2\U0001e6e4-\U0001e6e5\U0001e6e7-\U0001e6ed\U0001e6f0-\U0001e6f4\U0001e6fe-\U0001e8c4'
  '\U0001e900-\U0001e943\U0001e94b\U0001ee00-\U0001eebb\U00020000-\U00033479'
  ']'
);

-- function rules/is_language_2
create or replace function trans_hub.is_language_2(language text) returns boolean
language sql immutable strict parallel safe
return ('["' || replace(
  'aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en '
  'eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja '
  'jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb '
  'nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq '
  'sr ss st su sv sw ta te tg th ti tk tn to tr ts tt ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu'
, ' ', '","') || '"]')::jsonb ? language;

-- function rules/is_language_3
create or replace function trans_hub.is_language_3(language text) returns boolean
language sql immutable strict parallel safe
return get_bit(decode(
  '/+3d/uf/vwv7//7a9hccV2uWU/j/9/9wvwN//8sFhQDp3/xn7//2d/f///////fjqP+//0w0CnK+33/95vvX///N/1sr9PFwXeefFAcg3+0dKsEh'
  'eK9u39//f/v3f/////973f+/fvdv4///7/+9x7//+b//7f///96///9/79/9/bP++3d////2/e/7//+3///1z///f9///93+/9/fn+/X+ftr7u//'
  '/v/+5zu9/cWtLQDsnIBDJAglQQBQRACAuv/yl7BCRdaTJID3e+UXVlFJDhw3NvPvnelRGGUIAAC8/70/aM12Nz7Hh8+4AYEAMAWAACAAAANAAACS'
  'IND9de/efl4EAAJkjRnBn3MiAAAA3y3OAuXZ875u/c+dFEEEhgDBAPDHZV/WmV637e4BAAIAAAAAVVpHgmUBLFZ7dN9/fwAAAAEEVgMAALAUJ1EW'
  'CgABAAAQEUkAACAQAAAAAAAARAQAEIAFEAAABACAKAQAABCVLRAEFSRTsdS+4o0DAIAAQAAAAAAABBc4AR1BkQCYpwgAAECCAAAABAAAAAIBQABE'
  'AACw/is5AAIAAAAAAAAAAAAgAEAEAAAAAgAAABCDqAQAAAAABCAEpggEAAiBUAAACDEGQAAAAABAAAP1AwAAAAAAAKAbsxMAgAARAAAAAAAAAAAA'
  'AAAA///f7f/ez4KigP/fJu8P5QMQALDFgEUFmQPfuI8D0EiQAQ6Bo5MUyziyf/9s+f/+XwQIAAEgAjxP/A+ADkQAAAS//dvW6Bv0N6MNAAAgenkC'
  'B4QA0P1//gAYBIAAAAAAAIQcAQAAAAAAEEAABAi0/qQMQAAAkQQALABgsCL7d/YcAZ/bagEAAQAAAEAFNbYCIAQABFHi3+k/BQkIBUAAAAAAEAAA'
  'BAAAAAAhAmzjSBQIIMBHgAcAAADMUEAkhUeEQCAQACAAUIgQANis7lA1DABpDgmLIwAAIAVAEAAAAFBAlkDWWIeBRpf7ABAACACAAEBFAAECAAFA'
  'gABCCPjr1znEnRYAAAgEASAg2aIBAAAAEkQAAAQA8IWBEwSAAAFQEEAAAPCQYkzSAgFKAEIEAAgAACDAAIAGAAAAAAAAsNivFQIIAAABAAAAABAB'
  'ABAAAADP1+F9/////993/+/y/33+//ffP+P837/6///a/X//f/7//f////////3v/P/f39x3/9/3/////7777///7/9///7//f/vr///7//L/fr/'
  'f///9Nv/vXutzN7+vJgFLP8H8Pv/fwAIAMN9GwbGcPDvfH9EIjCfex79/Uby/z7f8g6V1//fR4ABAgAgQFEfihkRBhCHUdD7/3dAAwTRWEgAQAAQ'
  'AAIAIAqAezf9vv7////////t/5/+f///7////7fff/f//9t7//x/8+/+7bu9//H7///e3339//f///f//7/7/y//X////3/fV7/ns/9/3//n////'
  '9p7yb/7ve+f//Of9Xv9/m77//v99t30CggTfv///1e+/v/f/4p7n/3f/Vl3F////7//v3v2nfQmjUQbEl9BcL6T/dP0jXUvef/8/IBQAVlHCZLUN'
  '4v//30KFxAUAIgB0aRAABEEAAQYAAAAAAFBgBAQBAAAGESAAGACQ8VVlawaVBkfN2kSde4IAIkAAFUIAAABUgflbEIzJRs/3EhEAIAAAAJAAAAAA'
  'AAoQAAFAAODffb99vkv/t0AUgGGw1R16BAIASS0UIPPp8a7vPwAAAsPgEnyz2bm793z3/9v09W1B9DcQAAEAf9U2kTFdBIbr8De9HQAAAENwQgBA'
  'AAABAxkkCAD//////////////////////////////////////////////////////////////////////////////////////2+951XuE1kIwUAh'
  '+hYBgAAAAADwfi++ACMAIAAACAAAMLXDEAAAAAEgFgABAhCCowFQAAGDEUgAAADw358tEooQfthSAIAgAAAAAEAUAgAEQBBCAGFXnDEAAAABXAIg'
  'AAABAAABAAAAv1b/f///L9/Oz73ZJf/vf0NAAPE56fX3/d/7n/d/YWrxP/8/8670567f0/3f/9V8v1f/C4FQGcz3/e+v1/v8/19XR+9fQBAgdv2f'
  'BIgVB33GHKGC9ed+f/8////11X//vfZd/z9AmAK/4/3jdv5M/t9f0DoVe4j/vv/+9r+393P/e+7f99f96i6Aj8X9/v/Pi/r6/vv9v1d7Rh83+/jb'
  'Rc11FrnqO6AeIAAQAgQkSAQAAEDUBgQAAAQABAAwCQRAAAgAAAAkAAQAEFwY100NVEvxBkTVSAoAAgBAAAgAAADc1+sfWEhBJKAEABACQCIAEAAA'
  'AAAAAAEAAAAAEBC/b5MAAQAAAAAAAABAAC0AAAAAAAACAAAAwIaCAgABAAH+GAIAEvD/eT0AJQAAAAoAAAAAAABAABADAAAAAAABAACDAAAAAAEA'
  'AAAAAAAAAAAAAAD/u//Pfq4REAAAkgFGzNFeAAEAMBQEURABBPY/MgUEAJAAIFR0lD2fccx41UP1V2cEAQAAAAAACHfbG1Rgg2gFEAs4ugEAADAA'
  'JAQAABACMQIBAAAw9OeX1qxQgEACBBAFhAThAQAAAEoRUEBAgAAQYpAAAAJ/qv83AAD0Lr//wM3GTPVCrP+tCwAAwFaMFJuxE33u9qWghwFEGAEZ'
  'TkoIUCgw4IAQICAA////T+4BBoAiQBQBABULPgEAABCQKQUCAADBGyYAAAAQXCXQVIJEUvwALDFUINSDEAAAAAAAAExwEYUAahAAAFB/u8sGACAQ'
  'BDJFEAZEAAASAAAA8G/9fwUCFoEAAAAIABAMAwAAAACDMAIghAARwAMkAAAACcAYBshE8P//fxQBAYRQB/z//w8BAAAQOAEBABJA4XYGCAMQAAAA'
  'AQAAAAAAACQKQIAAAA==',
  'base64'), (ascii(language) - 97) * 676 + (ascii(substr(language, 2)) - 97) * 26 + ascii(substr(language, 3)) - 97
) = 1;

-- function rules/is_region
create or replace function trans_hub.is_region(region text) returns boolean
language sql immutable strict parallel safe
return ('["' || replace(
  'AC AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY '
  'BZ CA CC CD CF CG CH CI CK CL CM CN CO CP CQ CR CU CV CW CX CY CZ DE DG DJ DK DM DO DZ EA EC EE EG EH ER ES ET '
  'EU EZ FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU IC ID IE IL '
  'IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME '
  'MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH '
  'PK PL PM PN PR PS PT PW PY QA QO RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ '
  'TA TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM UN US UY UZ VA VC VE VG VI VN VU WF WS XA XB XK YE '
  'YT ZA ZM ZW 001 002 003 005 009 011 013 014 015 017 018 019 021 029 030 034 035 039 053 054 057 061 142 143 145 '
  '150 151 154 155 202 419'
, ' ', '","') || '"]')::jsonb ? region;

-- function rules/is_script
create or replace function trans_hub.is_script(script text) returns boolean
language sql immutable strict parallel safe
return ('["' || replace(
  'Adlm Afak Aghb Ahom Arab Aran Armi Armn Avst Bali Bamu Bass Batk Beng Berf Bhks Blis Bopo Brah Brai Bugi Buhd '
  'Cakm Cans Cari Cham Cher Chrs Cirt Copt Cpmn Cprt Cyrl Cyrs Deva Diak Dogr Dsrt Dupl Egyd Egyh Egyp Elba Elym '
  'Ethi Gara Geok Geor Glag Gong Gonm Goth Gran Grek Gujr Gukh Guru Hanb Hang Hani Hano Hans Hant Hatr Hebr Hira '
  'Hluw Hmng Hmnp Hrkt Hung Inds Ital Jamo Java Jpan Jurc Kali Kana Kawi Khar Khmr Khoj Kits Knda Kore Kpel Krai '
  'Kthi Lana Laoo Latf Latg Latn Lepc Limb Lina Linb Lisu Loma Lyci Lydi Mahj Maka Mand Mani Marc Maya Medf Mend '
  'Merc Mero Mlym Modi Mong Moon Mroo Mtei Mult Mymr Nagm Nand Narb Nbat Newa Nkgb Nkoo Nshu Ogam Olck Onao Orkh '
  'Orya Osge Osma Ougr Palm Pauc Perm Phag Phli Phlp Phlv Phnx Plrd Prti Qaag Rjng Rohg Roro Runr Samr Sara Sarb '
  'Saur Sgnw Shaw Shrd Sidd Sidt Sind Sinh Sogd Sogo Sora Soyo Sund Sunu Sylo Syrc Syre Syrj Syrn Tagb Takr Tale '
  'Talu Taml Tang Tavt Tayo Telu Teng Tfng Tglg Thaa Thai Tibt Tirh Tnsa Todr Tols Toto Tutg Ugar Vaii Visp Vith '
  'Wara Wcho Wole Xpeo Xsux Yezi Yiii Zanb Zinh Zmth Zsye Zsym Zxxx Zyyy Zzzz'
, ' ', '","') || '"]')::jsonb ? script;

-- function rules/is_verbatim
create or replace function trans_hub.is_verbatim(text text) returns boolean
language plpgsql immutable strict parallel safe
as $$
declare
  rest text := text;
begin
  -- Every step needs one of these characters, and most texts have none.
  if text !~ '[<:@&$%{]' or not trans_hub.has_letter(text) then
    return not trans_hub.has_letter(text);
  end if;
  -- scripts and styles
  rest := regexp_replace(rest, $re$<(script|style)[^<>]*>[^<]*</(script|style)[ \t\r\n]*>$re$, ' ', 'g');
  -- comments
  rest := regexp_replace(rest, $re$<!--[^-]*(-[^-]+)*-->$re$, ' ', 'g');
  -- tags without attributes
  rest := regexp_replace(rest, $re$</?[A-Za-z0-9][A-Za-z0-9:._-]*[ \t\r\n]*/?>$re$, ' ', 'g');
  -- tags with attributes
  rest := regexp_replace(rest, $re$<[A-Za-z0-9][A-Za-z0-9:._-]*[ \t\r\n](?![^<>]*(alt|title|placeholder|aria-label)=)[^<>=]*=[^<>]*>$re$, ' ', 'g');
  -- URLs
  rest := regexp_replace(rest, $re$[A-Za-z][A-Za-z0-9+.-]{1,15}://[!#-;=?-~\u00c0-\u024f]+$re$, ' ', 'g');
  -- e-mail addresses
  rest := regexp_replace(rest, $re$(^|[ \t\r\n<>(){}\[\],;:"'/|])[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$re$, ' ', 'g');
  -- HTML entities
  rest := regexp_replace(rest, $re$&(#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});$re$, ' ', 'g');
  -- nested i18next keys
  rest := regexp_replace(rest, $re$\$t\([^()]*\)$re$, ' ', 'g');
  -- prefixed placeholders
  rest := regexp_replace(rest, $re$[$%#]\{[^{}]*\}$re$, ' ', 'g');
  -- placeholders in braces
  rest := regexp_replace(rest, $re$\{[ \t\r\n]*([^{} \t\r\n"',:(]+[ \t\r\n]*)?(,[ \t\r\n]*[A-Za-z0-9-]+[ \t\r\n]*([,:][^{}]*)?|[:(][^{}]*)?\}$re$, ' ', 'g');
  -- placeholders in double braces
  rest := regexp_replace(rest, $re$\{\{[^{}]*\}\}$re$, ' ', 'g');
  -- template statements
  rest := regexp_replace(rest, $re$\{%[^{}]*%\}$re$, ' ', 'g');
  -- named conversions
  rest := regexp_replace(rest, $re$%\([^() \t\r\n]*\)[-#0+]{0,5}[0-9]{0,9}(\.[0-9]{1,9})?[diouxXeEfFgGcrs]$re$, ' ', 'g');
  -- key references
  rest := regexp_replace(rest, $re$\[%[^%\[\]]*%\]$re$, ' ', 'g');
  -- names between percent signs
  rest := regexp_replace(rest, $re$%[A-Za-z_][A-Za-z0-9_.]{2,63}%$re$, ' ', 'g');
  -- printf conversions
  rest := regexp_replace(rest, $re$%([0-9]{1,3}\$)?[-#0+]{0,5}([0-9]{0,9}|\*)(\.([0-9]{0,9}|\*))?(hh|h|ll|l|L|q|j|z|t)?[diouxXeEfFgGcCsSpn@]$re$, ' ', 'g');
  return not trans_hub.has_letter(rest);
end
$$;

-- function rules/language_alias
create or replace function trans_hub.language_alias(language text) returns text
language sql immutable strict parallel safe
return ('{"' || replace(replace(
  'bh:bho in:id iw:he ji:yi jw:jv mo:ro sh:sr-Latn tl:fil tw:ak aam:aas aar:aa abk:ab adp:dz afr:af agp:apf ais:ami '
  'ajp:apc ajt:aeb aju:jrb aka:ak alb:sq als:sq amh:am ara:ar arb:ar arg:an arm:hy asd:snz asm:as aue:ktz ava:av '
  'ave:ae aym:ay ayr:ay ayx:nun aze:az azj:az bak:ba bam:bm baq:eu baz:nvo bcc:bal bcl:bik bel:be ben:bn bgm:bcg '
  'bhk:fbl bic:bir bih:bho bis:bi bjd:drl bjq:bzc bkb:ebk blg:iba bod:bo bos:bs bre:br btb:beb bul:bg bur:my '
  'bxk:luy bxr:bua cat:ca ccq:rki ces:cs cha:ch che:ce chi:zh chu:cu chv:cv cjr:mom cka:cmr cld:syr cls:sa cmk:xch '
  'cmn:zh cnr:sr-ME cor:kw cos:co coy:pij cqu:quh cre:cr cwd:cr cym:cy cze:cs daf:dnj dan:da dap:njz dek:sqm deu:de '
  'dgo:doi dhd:mwr dik:din diq:zza dit:dif div:dv djl:dze dkl:aqd drh:mn drr:kzk drw:fa-AF dud:uth duj:dwu dut:nl '
  'dwl:dbt dzo:dz ekk:et ell:el elp:amq emk:man eng:en epo:eo esk:ik est:et eus:eu ewe:ee fao:fo fas:fa fat:ak '
  'fij:fj fin:fi fra:fr fre:fr fry:fy fuc:ff ful:ff gav:dev gaz:om gbc:wny gbo:grb geo:ka ger:de gfx:vaj ggn:gvr '
  'ggo:esg ggr:gtu gio:aou gla:gd gle:ga glg:gl gli:kzk glv:gv gno:gon gom:kok gre:el grn:gn gti:nyc gug:gn guj:gu '
  'guv:duz gya:gba hat:ht hau:ha hbs:sr-Latn hdn:hai hea:hmn heb:he her:hz him:srx hin:hi hmo:ho hrr:jal hrv:hr '
  'hun:hu hye:hy ibi:opa ibo:ig ice:is ido:io iii:ii ike:iu iku:iu ile:ie ill:ilm ilw:gal ina:ia ind:id ipk:ik '
  'isl:is ita:it izi:eza jar:jgk jav:jv jaw:jv jeg:oyb jpn:ja kal:kl kan:kn kas:ks kat:ka kau:kr kaz:kk kdv:zkd '
  'kgc:tdf kgd:ncq kgh:kml kgm:plu khk:mn khm:km kik:ki kin:rw kir:ky kmr:ku knc:kr kng:kg koj:kwv kom:kv kon:kg '
  'kor:ko kpp:jkm kpv:kv krm:bmf ktr:dtp kua:kj kur:ku kvs:gdj kwq:yam kxe:tvd kxl:kru kzh:dgl kzj:dtp kzt:dtp '
  'lak:ksp lao:lo lat:la lav:lv lbk:bnc leg:enl lii:raq lim:li lin:ln lit:lt llo:ngt lmm:rmx ltz:lb lub:lu lug:lg '
  'lvs:lv mac:mk mah:mh mal:ml mao:mi mar:mr may:ms meg:cir mgx:jbk mhr:chm mkd:mk mlg:mg mlt:mt mnt:wnn mof:xnt '
  'mol:ro mon:mn mri:mi msa:ms mst:mry mup:raj mwd:dmw mwj:vaj mya:my myd:aog myt:mry nad:xny nau:na nav:nv nbf:nru '
  'nbl:nr nbx:gll ncp:kdz nde:nd ndo:ng nep:ne nld:nl nln:azd nlr:nrk nno:nn nns:nbr nnx:ngv nob:nb nom:cbr noo:dtd '
  'nor:no npi:ne nte:eko nts:pij nxu:bpp nya:ny oci:oc ojg:oj oji:oj ori:or orm:om ory:or oss:os oun:vaj pan:pa '
  'pat:kxr pbu:ps pcr:adx per:fa pes:fa pli:pi plt:mg pmc:huw pmk:crr pmu:phr pnb:lah pol:pl por:pt ppa:bfy ppr:lcq '
  'prp:gu prs:fa-AF pry:prt pus:ps puz:pub que:qu quz:qu rmr:emx rmy:rom roh:rm ron:ro rum:ro run:rn rus:ru sag:sg '
  'san:sa sap:aqt sca:hle scc:sr scr:hr sgl:isk sin:si skk:oyb slk:sk slo:sk slv:sl smd:kmb sme:se smo:sm sna:sn '
  'snb:iba snd:sd som:so sot:st spa:es spy:kln sqi:sq src:sc srd:sc srp:sr ssw:ss sul:sgd sum:ulw sun:su swa:sw '
  'swc:sw-CD swe:sv swh:sw szd:umi tah:ty tam:ta tat:tt tdu:dtp tel:te tgg:bjp tgk:tg tgl:fil tha:th thc:tpo '
  'thw:ola thx:oyb tib:bo tid:itd tie:ras tir:ti tkk:twm tlw:weo tmk:tdg tmp:tyj tne:kak tnf:fa-AF ton:to tpw:tpn '
  'tsf:taj tsn:tn tso:ts ttq:tmh tuk:tk tur:tr twi:ak uig:ug ukr:uk umu:del unp:wro uok:ema urd:ur uzb:uz uzn:uz '
  'ven:ve vie:vi vol:vo wel:cy wgw:wgb wit:nol wiw:nwo wln:wa wol:wo xba:cax xho:xh xia:acn xkh:waw xpe:kpe xrq:dmw '
  'xsj:suj xsl:den xss:zko ybd:rki ydd:yi yen:ynq yid:yi yiy:yrm yma:lrr ymt:mtm yor:yo yos:zom yuu:yug zai:zap '
  'zha:za zho:zh zir:scv zkb:kjh zsm:ms zul:zu zyb:za'
, ':', '":"'), ' ', '","') || '"}')::jsonb ->> language;

-- function rules/normal_context
create or replace function trans_hub.normal_context(value jsonb) returns jsonb
language plpgsql immutable strict parallel unsafe
as $$
declare
  object jsonb := value;
  note text;
begin
  if jsonb_typeof(value) = 'string' then
    note := value #>> '{}';
    if note = '' then
      return null;
    elsif starts_with(note, '{') then
      begin
        object := note::jsonb;
      exception
        when data_exception or program_limit_exceeded then
          raise exception using errcode = 'TH008', column = 'context', message = 'begins with a brace and is not JSON';
      end;
    else
      object := jsonb_build_object('note', note);
    end if;
  end if;
  if jsonb_typeof(object) = 'null' or object = '{}' then
    return null;
  elsif jsonb_typeof(object) <> 'object' then
    raise exception using errcode = 'TH008', column = 'context', message = 'is neither an object nor a string';
  -- The canonical form is never the longer one, and takes some ten times as long to make: callers make it from the result.
  elsif octet_length(object::text) > 8192 and octet_length(trans_hub.canonical_json(object)) > 8192 then
    raise exception using errcode = 'TH008', column = 'context', message = 'is longer than 8,192 bytes';
  end if;
  return object;
end
$$;

-- function rules/region_alias
create or replace function trans_hub.region_alias(region text) returns text
language sql immutable strict parallel safe
return ('{"' || replace(replace(
  'AN:CW BU:MM CS:RS CT:KI DD:DE DY:BJ FQ:AQ FX:FR HV:BF JT:UM MI:UM NH:VU NQ:AQ NT:SA PU:UM PZ:PA QU:EU RH:ZW '
  'TP:TL UK:GB VD:VN WK:UM YD:YE YU:RS ZR:CD'
, ':', '":"'), ' ', '","') || '"}')::jsonb ->> region;

-- function settle/count_changes
create or replace function trans_hub.count_changes(
  projects text[], target_locales text[],
  old_statuses trans_hub.translation_status[], new_statuses trans_hub.translation_status[]
) returns void
language sql volatile
as $$
  insert into trans_hub.count_delta (project, target_locale, status, delta)
  select c.project, c.target_locale, side.status, sum(side.delta)
  from unnest(projects, target_locales, old_statuses, new_statuses) as c (project, target_locale, old_status, new_status)
  cross join lateral (values (c.old_status, -1), (c.new_status, 1)) as side (status, delta)
  where side.status in ('translated', 'approved')
  group by c.project, c.target_locale, side.status
  having sum(side.delta) <> 0
$$;

-- function settle/lock_contents
create or replace function trans_hub.lock_contents(content_nos bigint[]) returns bigint[]
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select array_agg(c.content_no)
  from (
    select c.content_no from content as c where c.content_no = any (content_nos) order by c.content_id for update
  ) as c
$$;

-- function settle/remove_beside
create or replace function trans_hub.remove_beside(contents bigint[], locales text[], contexts bigint[], projects text[]) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
begin
  -- Mostly there is no memory at all.
  if exists (select from memory_unit) then
    perform forget_units(contents, locales, contexts, projects);
  end if;
  if exists (select from memory_use) then
    delete from memory_use as m
    using (
      select m.ctid
      from unnest(contents, locales, contexts, projects) as g (content_no, target_locale, context_no, project)
      cross join lateral (
        select m.ctid from memory_use as m
        where m.content_no = g.content_no and m.target_locale = g.target_locale and m.context_no = g.context_no
          and m.project = g.project
        offset 0
      ) as m
    ) as place
    where m.ctid = place.ctid;
  end if;
  -- Mostly no person has looked at any text.
  if exists (select from review_act) then
    delete from review_act as a
    using (
      select a.ctid
      from unnest(contents, locales, contexts, projects) as g (content_no, target_locale, context_no, project)
      cross join lateral (
        select a.ctid from review_act as a
        where a.content_no = g.content_no and a.target_locale = g.target_locale
          and a.context_no = g.context_no and a.project = g.project
        offset 0
      ) as a
    ) as gone
    where a.ctid = gone.ctid;
  end if;
  -- Mostly no glossary was edited.
  if exists (select from stale_mark) then
    delete from stale_mark as m
    using (
      select m.ctid
      from unnest(contents, locales, contexts, projects) as g (content_no, target_locale, context_no, project)
      cross join lateral (
        select m.ctid from stale_mark as m
        where m.content_no = g.content_no and m.target_locale = g.target_locale
          and m.context_no = g.context_no and m.project = g.project
        offset 0
      ) as m
    ) as gone
    where m.ctid = gone.ctid;
  end if;
end
$$;

-- function settle/remove_translations
create or replace function trans_hub.remove_translations(doomed tid[], event_kind text) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  removed bigint;
  projects text[];
  locales text[];
  statuses translation_status[];
  contents bigint[];
  contexts bigint[];
  revisions integer[];
begin
  if doomed is null then
    return 0;
  end if;
  with gone as (
    delete from translation as t
    where t.ctid = any (doomed)
    returning t.content_no, t.target_locale, t.context_no, t.project, t.status, t.revision
  ), letters as materialized (
    select d.ctid
    from gone as g
    cross join lateral (
      select d.ctid from dead_letter as d
      where d.content_no = g.content_no and d.target_locale = g.target_locale
        and d.context_no = g.context_no and d.project = g.project
      offset 0
    ) as d
  ), unburied as (
    delete from dead_letter as d using letters as l where d.ctid = l.ctid
  )
  select
    count(*), array_agg(g.project), array_agg(g.target_locale), array_agg(g.status), array_agg(g.content_no),
    array_agg(g.context_no), array_agg(g.revision)
  into removed, projects, locales, statuses, contents, contexts, revisions
  from gone as g;
  perform remove_beside(contents, locales, contexts, projects);
  perform count_changes(projects, locales, statuses, null);
  perform write_events(event_kind, projects, locales, contents, contexts, revisions);
  return removed;
end
$$;

-- function settle/remove_unused_contents
create or replace function trans_hub.remove_unused_contents(content_nos bigint[]) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  removed bigint;
begin
  -- Mostly there are no hints at all.
  if exists (select from hint) then
    delete from hint as h
    where h.content_no = any (content_nos)
      and not exists (
        select from source as s
        where s.project = h.project and s.business_id = h.business_id
          and s.content_no = h.content_no and s.context_no = h.context_no
        offset 0
      );
  end if;
  delete from content as c
  where c.content_no = any (content_nos)
    and not exists (select from source as s where s.content_no = c.content_no offset 0)
    and not exists (select from translation as t where t.content_no = c.content_no offset 0);
  get diagnostics removed = row_count;
  return removed;
end
$$;

-- function webhook/claim_webhooks
create or replace function trans_hub.claim_webhooks(
  most integer, most_failing integer, lease_ms double precision, debounce_ms double precision, export_delay_ms double precision,
  page_events integer
)
returns setof trans_hub.webhook
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set jit = off
as $$
begin
  update webhook as w
  set page_to = p.page_to, sent_to = p.position, next_at = clock_timestamp() + make_interval(secs => export_delay_ms / 1000)
  from (
    select w.webhook_id, w.position, least(h.position, w.position + page_events) as page_to
    from webhook as w
    join feed_head as h on h.position > w.position
    where w.type = 'export.changed' and w.disabled_at is null and w.page_to is null and w.next_at <= clock_timestamp()
    for update of w skip locked
  ) as p
  where w.webhook_id = p.webhook_id;

  return query
  with head as materialized (
    select
      -- As feed.sql.ts has it.
      left(replace(h.epoch::text, '-', ''), 12) || lower(left(pg_walfile_name(pg_current_wal_insert_lsn()), 8)) as epoch,
      h.position, h.oldest
    from feed_head as h
  ), due as materialized (
    select w.webhook_id, w.failures, w.next_at
    from webhook as w
    cross join head as h
    where w.disabled_at is null and w.next_at <= clock_timestamp()
      and (w.lease_until is null or w.lease_until <= clock_timestamp())
      and (
        w.page_to is not null or w.epoch <> h.epoch or w.position < h.oldest or w.position > h.position
        or w.type = 'translations.settled' and (
          select e.at
          from event_position as p
          join event as e on e.n = p.n
          where p.position = w.position + 1
        ) <= clock_timestamp() - make_interval(secs => debounce_ms / 1000)
      )
  ), healthy as materialized (
    select w.* from webhook as w
    where w.webhook_id in (select d.webhook_id from due as d where d.failures = 0 order by d.next_at limit most)
      and (w.lease_until is null or w.lease_until <= clock_timestamp()) and w.disabled_at is null and w.next_at <= clock_timestamp()
    for update skip locked
  ), failing as materialized (
    select w.* from webhook as w
    where w.webhook_id in (select d.webhook_id from due as d where d.failures > 0 order by d.next_at limit most_failing)
      and (w.lease_until is null or w.lease_until <= clock_timestamp()) and w.disabled_at is null and w.next_at <= clock_timestamp()
    for update skip locked
  ), taken as materialized (
    select
      t.webhook_id, t.position, t.page_to, t.sent_to, h.epoch, h.position as head,
      t.epoch <> h.epoch or t.position < h.oldest or t.position > h.position as is_lost
    from (select * from healthy union all select * from failing) as t
    cross join head as h
  )
  update webhook as w
  set
    lease = gen_random_uuid(),
    lease_until = clock_timestamp() + make_interval(secs => lease_ms / 1000),
    is_reset = w.is_reset or t.is_lost,
    epoch = t.epoch,
    -- Where events were lost, the receiver begins anew at the end of the feed.
    position = case when t.is_lost then t.head else w.position end,
    page_to = case when t.is_lost then t.head else coalesce(t.page_to, least(t.head, t.position + page_events)) end,
    sent_to = case when t.is_lost then t.head else coalesce(t.sent_to, t.position) end
  from taken as t
  where w.webhook_id = t.webhook_id
  returning w.*;
end
$$;

-- function webhook/note_webhook
create or replace function trans_hub.note_webhook(
  of_webhook text, of_lease uuid, outcome text, to_position bigint, lease_ms double precision, has_sent boolean,
  wait_ms double precision, status integer, problem text, disable_after_ms double precision
)
returns setof trans_hub.webhook
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  update trans_hub.webhook as w
  set
    sent_to = case outcome when 'sent' then greatest(w.sent_to, to_position) when 'done' then null else w.sent_to end,
    position = case when outcome = 'done' then w.page_to else w.position end,
    page_to = case when outcome = 'done' then null else w.page_to end,
    is_reset = w.is_reset and outcome <> 'done',
    lease = case when outcome = 'sent' then w.lease end,
    lease_until = case when outcome = 'sent' then clock_timestamp() + make_interval(secs => lease_ms / 1000) end,
    next_at = case
      when outcome in ('done', 'failed') then clock_timestamp() + make_interval(secs => wait_ms / 1000)
      else w.next_at
    end,
    delivered_at = case when has_sent then clock_timestamp() else w.delivered_at end,
    failures = case when has_sent or outcome = 'done' then 0 when outcome = 'failed' then w.failures + 1 else w.failures end,
    failing_since = case
      when has_sent or outcome = 'done' then null
      when outcome = 'failed' then coalesce(w.failing_since, clock_timestamp())
      else w.failing_since
    end,
    last_status = case when has_sent or outcome = 'done' then null when outcome = 'failed' then status else w.last_status end,
    last_problem = case when has_sent or outcome = 'done' then null when outcome = 'failed' then problem else w.last_problem end,
    disabled_because = case
      when outcome <> 'failed' then w.disabled_because
      when disable_after_ms = 0 then 'gone'
      when w.failing_since <= clock_timestamp() - make_interval(secs => disable_after_ms / 1000) then 'failing'
    end,
    disabled_at = case
      when outcome <> 'failed' then w.disabled_at
      when disable_after_ms = 0 or w.failing_since <= clock_timestamp() - make_interval(secs => disable_after_ms / 1000)
        then clock_timestamp()
    end
  where w.webhook_id = of_webhook and w.lease = of_lease
  returning w.*
$$;

-- end of functions

revoke execute on function trans_hub.affordable_projects,
  trans_hub.book_held_calls,
  trans_hub.budget_rooms,
  trans_hub.confirm_usage,
  trans_hub.fold_budget,
  trans_hub.fold_budgets,
  trans_hub.lose_holds,
  trans_hub.lose_stray_holds,
  trans_hub.refuse_for_budget,
  trans_hub.remove_budget,
  trans_hub.reserve_budget,
  trans_hub.revoke_hold,
  trans_hub.set_budget,
  trans_hub.unpark_for_budget,
  trans_hub.collect_contexts,
  trans_hub.collect_range,
  trans_hub.cancel_batches,
  trans_hub.cancel_in_inbox,
  trans_hub.count_to_forget,
  trans_hub.forget,
  trans_hub.forget_by_prefix,
  trans_hub.forget_in_inbox,
  trans_hub.forget_uses,
  trans_hub.is_to_forget,
  trans_hub.locales_to_cancel,
  trans_hub.fail_engine_call,
  trans_hub.lock_engine,
  trans_hub.open_engine_circuit,
  trans_hub.pause_engine,
  trans_hub.renew_engine_calls,
  trans_hub.reserve_engine,
  trans_hub.reset_engine,
  trans_hub.settle_engine_call,
  trans_hub.note_renames,
  trans_hub.prune_events,
  trans_hub.sequence_events,
  trans_hub.write_events,
  trans_hub.drop_memory_texts,
  trans_hub.forget_in_memory,
  trans_hub.forget_units,
  trans_hub.has_memory,
  trans_hub.key_memory_texts,
  trans_hub.note_memory_uses,
  trans_hub.remember_rows,
  trans_hub.remember_units,
  trans_hub.same_units,
  trans_hub.similar_units,
  trans_hub.due_lanes,
  trans_hub.oldest_ready_seconds,
  trans_hub.ready_texts,
  trans_hub.schema_state,
  trans_hub.add_batch_jobs,
  trans_hub.hasten_postponed,
  trans_hub.hints_of,
  trans_hub.is_paused,
  trans_hub.job_priority,
  trans_hub.open_lanes,
  trans_hub.park_batches,
  trans_hub.park_waiting,
  trans_hub.prune_batches,
  trans_hub.renew_batch_jobs,
  trans_hub.require_lane,
  trans_hub.unpark_batches,
  trans_hub.export_texts,
  trans_hub.find_in_inbox,
  trans_hub.find_row,
  trans_hub.get_translations,
  trans_hub.open_dead_letter,
  trans_hub.read_by_business_id,
  trans_hub.read_by_text,
  trans_hub.read_outdated,
  trans_hub.row_state,
  trans_hub.search_uses,
  trans_hub.stored_text,
  trans_hub.touch,
  trans_hub.touch_uses,
  trans_hub.admitted_items,
  trans_hub.append_to_inbox,
  trans_hub.are_fit,
  trans_hub.are_hints,
  trans_hub.asked_rows,
  trans_hub.backlog_bound,
  trans_hub.canonical_context,
  trans_hub.enqueue,
  trans_hub.enqueue_batches,
  trans_hub.enqueue_new_catalog,
  trans_hub.enqueue_wanted,
  trans_hub.fit_options,
  trans_hub.has_room,
  trans_hub.hint_problem,
  trans_hub.inbox_list,
  trans_hub.is_due,
  trans_hub.item_code,
  trans_hub.items_as_groups,
  trans_hub.items_of_call,
  trans_hub.make_translations,
  trans_hub.note_hints,
  trans_hub.note_sources,
  trans_hub.put_off_inbox,
  trans_hub.read_item,
  trans_hub.read_items,
  trans_hub.receipt_of,
  trans_hub.receipt_with_refused,
  trans_hub.redo_translations,
  trans_hub.refuse_isolation,
  trans_hub.refuse_unfit,
  trans_hub.refused_items,
  trans_hub.register,
  trans_hub.register_admitted,
  trans_hub.register_inbox,
  trans_hub.register_items,
  trans_hub.register_known_catalog,
  trans_hub.register_new_catalog,
  trans_hub.request,
  trans_hub.sql_options,
  trans_hub.store_contents,
  trans_hub.store_contexts,
  trans_hub.tag_of,
  trans_hub.texts_a_batch,
  trans_hub.waiting_texts,
  trans_hub.wanted_rows,
  trans_hub.wants_of,
  trans_hub.with_full_backlog,
  trans_hub.act_to_undo,
  trans_hub.bury_hidden,
  trans_hub.follows_approved,
  trans_hub.is_hidden,
  trans_hub.is_to_review,
  trans_hub.may_review,
  trans_hub.review,
  trans_hub.review_every_locale,
  trans_hub.review_notes,
  trans_hub.review_row,
  trans_hub.reviewed_row,
  trans_hub.canonical_json_at,
  trans_hub.canonical_json,
  trans_hub.canonical_locale,
  trans_hub.canonical_number,
  trans_hub.content_id,
  trans_hub.context_id,
  trans_hub.first_revision,
  trans_hub.has_letter,
  trans_hub.is_language_2,
  trans_hub.is_language_3,
  trans_hub.is_region,
  trans_hub.is_script,
  trans_hub.is_verbatim,
  trans_hub.language_alias,
  trans_hub.normal_context,
  trans_hub.region_alias,
  trans_hub.count_changes,
  trans_hub.lock_contents,
  trans_hub.remove_beside,
  trans_hub.remove_translations,
  trans_hub.remove_unused_contents,
  trans_hub.claim_webhooks,
  trans_hub.note_webhook from public;

-- Down Migration

drop function trans_hub.affordable_projects,
  trans_hub.book_held_calls,
  trans_hub.budget_rooms,
  trans_hub.confirm_usage,
  trans_hub.fold_budget,
  trans_hub.fold_budgets,
  trans_hub.lose_holds,
  trans_hub.lose_stray_holds,
  trans_hub.refuse_for_budget,
  trans_hub.remove_budget,
  trans_hub.reserve_budget,
  trans_hub.revoke_hold,
  trans_hub.set_budget,
  trans_hub.unpark_for_budget,
  trans_hub.collect_contexts,
  trans_hub.collect_range,
  trans_hub.cancel_batches,
  trans_hub.cancel_in_inbox,
  trans_hub.count_to_forget,
  trans_hub.forget,
  trans_hub.forget_by_prefix,
  trans_hub.forget_in_inbox,
  trans_hub.forget_uses,
  trans_hub.is_to_forget,
  trans_hub.locales_to_cancel,
  trans_hub.fail_engine_call,
  trans_hub.lock_engine,
  trans_hub.open_engine_circuit,
  trans_hub.pause_engine,
  trans_hub.renew_engine_calls,
  trans_hub.reserve_engine,
  trans_hub.reset_engine,
  trans_hub.settle_engine_call,
  trans_hub.note_renames,
  trans_hub.prune_events,
  trans_hub.sequence_events,
  trans_hub.write_events,
  trans_hub.drop_memory_texts,
  trans_hub.forget_in_memory,
  trans_hub.forget_units,
  trans_hub.has_memory,
  trans_hub.key_memory_texts,
  trans_hub.note_memory_uses,
  trans_hub.remember_rows,
  trans_hub.remember_units,
  trans_hub.same_units,
  trans_hub.similar_units,
  trans_hub.due_lanes,
  trans_hub.oldest_ready_seconds,
  trans_hub.ready_texts,
  trans_hub.schema_state,
  trans_hub.add_batch_jobs,
  trans_hub.hasten_postponed,
  trans_hub.hints_of,
  trans_hub.is_paused,
  trans_hub.job_priority,
  trans_hub.open_lanes,
  trans_hub.park_batches,
  trans_hub.park_waiting,
  trans_hub.prune_batches,
  trans_hub.renew_batch_jobs,
  trans_hub.require_lane,
  trans_hub.unpark_batches,
  trans_hub.export_texts,
  trans_hub.find_in_inbox,
  trans_hub.find_row,
  trans_hub.get_translations,
  trans_hub.open_dead_letter,
  trans_hub.read_by_business_id,
  trans_hub.read_by_text,
  trans_hub.read_outdated,
  trans_hub.row_state,
  trans_hub.search_uses,
  trans_hub.stored_text,
  trans_hub.touch,
  trans_hub.touch_uses,
  trans_hub.admitted_items,
  trans_hub.append_to_inbox,
  trans_hub.are_fit,
  trans_hub.are_hints,
  trans_hub.asked_rows,
  trans_hub.backlog_bound,
  trans_hub.canonical_context,
  trans_hub.enqueue,
  trans_hub.enqueue_batches,
  trans_hub.enqueue_new_catalog,
  trans_hub.enqueue_wanted,
  trans_hub.fit_options,
  trans_hub.has_room,
  trans_hub.hint_problem,
  trans_hub.inbox_list,
  trans_hub.is_due,
  trans_hub.item_code,
  trans_hub.items_as_groups,
  trans_hub.items_of_call,
  trans_hub.make_translations,
  trans_hub.note_hints,
  trans_hub.note_sources,
  trans_hub.put_off_inbox,
  trans_hub.read_item,
  trans_hub.read_items,
  trans_hub.receipt_of,
  trans_hub.receipt_with_refused,
  trans_hub.redo_translations,
  trans_hub.refuse_isolation,
  trans_hub.refuse_unfit,
  trans_hub.refused_items,
  trans_hub.register,
  trans_hub.register_admitted,
  trans_hub.register_inbox,
  trans_hub.register_items,
  trans_hub.register_known_catalog,
  trans_hub.register_new_catalog,
  trans_hub.request,
  trans_hub.sql_options,
  trans_hub.store_contents,
  trans_hub.store_contexts,
  trans_hub.tag_of,
  trans_hub.texts_a_batch,
  trans_hub.waiting_texts,
  trans_hub.wanted_rows,
  trans_hub.wants_of,
  trans_hub.with_full_backlog,
  trans_hub.act_to_undo,
  trans_hub.bury_hidden,
  trans_hub.follows_approved,
  trans_hub.is_hidden,
  trans_hub.is_to_review,
  trans_hub.may_review,
  trans_hub.review,
  trans_hub.review_every_locale,
  trans_hub.review_notes,
  trans_hub.review_row,
  trans_hub.reviewed_row,
  trans_hub.canonical_json_at,
  trans_hub.canonical_json,
  trans_hub.canonical_locale,
  trans_hub.canonical_number,
  trans_hub.content_id,
  trans_hub.context_id,
  trans_hub.first_revision,
  trans_hub.has_letter,
  trans_hub.is_language_2,
  trans_hub.is_language_3,
  trans_hub.is_region,
  trans_hub.is_script,
  trans_hub.is_verbatim,
  trans_hub.language_alias,
  trans_hub.normal_context,
  trans_hub.region_alias,
  trans_hub.count_changes,
  trans_hub.lock_contents,
  trans_hub.remove_beside,
  trans_hub.remove_translations,
  trans_hub.remove_unused_contents,
  trans_hub.claim_webhooks,
  trans_hub.note_webhook;
