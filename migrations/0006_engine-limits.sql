-- What the whole fleet keeps to with an engine: rates, pauses, calls at once, and the circuit that opens when the
-- engine's account or setting is at fault. Only adds, and locks nothing that is in use: safe while the previous release
-- runs, which obeys none of it until it is replaced.

-- Up Migration

-- One row for each engine that was ever limited, paused or at fault. Every time in it is this database's.
create table trans_hub.rate_limit (
  engine text primary key,
  -- What may be taken of the engine's requests and tokens at refilled_at. Below zero: taken ahead of its time. Null:
  -- never limited, so the bucket counts as full.
  requests double precision,
  tokens double precision,
  refilled_at timestamptz not null default clock_timestamp(),
  -- Nobody asks the engine before this.
  paused_until timestamptz,
  circuit text not null default 'closed',
  -- The code of the error that opened the circuit.
  reason text,
  -- How often it opened. Tells one opening from the next.
  openings bigint not null default 0,
  failed_probes integer not null default 0,
  -- From then on one call may try.
  open_until timestamptz,
  -- The one call that tries, and when it is taken for lost.
  probe uuid,
  probe_until timestamptz,
  constraint circuit_is_closed_open_or_half_open check (circuit in ('closed', 'open', 'half_open')),
  constraint open_circuit_has_a_reason_and_an_end check (circuit = 'closed' or (reason is not null and open_until is not null)),
  constraint half_open_circuit_has_one_probe check (
    (circuit = 'half_open') = (probe is not null) and (probe is null) = (probe_until is null)
  )
  -- Changed with every limited call: room for versions on the row's own page keeps each change off the index.
) with (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Calls under way to engines whose calls at once are limited. One that nobody prolongs ends by itself: its worker is gone.
create table trans_hub.engine_lease (
  call_id uuid primary key,
  engine text not null,
  ends_at timestamptz not null
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- The engine's row, locked; made when there is none.
create function trans_hub.lock_engine(of_engine text) returns trans_hub.rate_limit
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

-- Asks for the turn of one call. Refused, nothing is taken, and wait_ms says when to ask again. Granted, the call may
-- start after wait_ms, which is at most ahead_ms: its share is taken already.
--
-- A call of more tokens than the bucket holds is let through by a full one, which then owes: refused, it would wait for
-- ever. A rate of null is no limit. An open circuit whose time is over lets one call through to try it.
create function trans_hub.reserve_engine(
  of_engine text, by_call uuid, want_tokens double precision,
  request_burst double precision, request_rate double precision,
  token_burst double precision, token_rate double precision,
  most_calls integer, ahead_ms double precision, lease_ms double precision,
  out granted boolean, out wait_ms double precision, out held_by text, out is_probe boolean,
  out reason text, out openings bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  state rate_limit := lock_engine(of_engine);
  -- Taken after the lock, so that it goes on from one holder to the next. A clock that was set back starts the bucket
  -- anew where it stands, instead of keeping everybody until it has caught up.
  moment timestamptz := clock_timestamp();
  seconds double precision := greatest(0, extract(epoch from moment - state.refilled_at));
  running bigint;
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
  elsif state.circuit = 'open' and state.open_until > moment then
    held_by := 'circuit';
    wait_ms := extract(epoch from state.open_until - moment) * 1000;
    return;
  elsif state.circuit = 'half_open' and state.probe_until > moment then
    held_by := 'circuit';
    -- The probe answers long before it is taken for lost.
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
    circuit = case when is_probe then 'half_open' else 'closed' end,
    probe = case when is_probe then by_call end,
    probe_until = case when is_probe then moment + make_interval(secs => lease_ms / 1000) end
  where r.engine = of_engine;
  granted := true;
end
$$;

-- Ends a call: corrects what it took of the tokens, gives its lease back, and if it was the probe, says what it found.
-- works null: nothing; another may try after retry_ms. Gives whether the circuit closed.
create function trans_hub.settle_engine_call(
  of_engine text, by_call uuid, more_tokens double precision, works boolean, retry_ms double precision
) returns boolean
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  state rate_limit := lock_engine(of_engine);
  was_probe boolean := coalesce(state.probe = by_call, false);
begin
  delete from engine_lease as l where l.call_id = by_call;
  update rate_limit as r
  set
    tokens = r.tokens - more_tokens,
    circuit = case when not was_probe then r.circuit when works then 'closed' else 'open' end,
    reason = case when was_probe and works then null else r.reason end,
    open_until = case
      when not was_probe then r.open_until
      when works then null
      else clock_timestamp() + make_interval(secs => retry_ms / 1000)
    end,
    failed_probes = case when was_probe and works then 0 else r.failed_probes end,
    probe = case when was_probe then null else r.probe end,
    probe_until = case when was_probe then null else r.probe_until end
  where r.engine = of_engine;
  return was_probe and works is true;
end
$$;

-- Keeps the places of calls under way, and of the probe among them. The engine's row is locked first, as everywhere.
create function trans_hub.renew_engine_calls(of_engine text, call_ids uuid[], lease_ms double precision) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  state rate_limit := lock_engine(of_engine);
  ends timestamptz := clock_timestamp() + make_interval(secs => lease_ms / 1000);
begin
  update engine_lease as l set ends_at = ends where l.call_id = any (call_ids);
  if state.probe = any (call_ids) then
    update rate_limit as r set probe_until = ends where r.engine = of_engine;
  end if;
end
$$;

-- Stops everybody for a while. Never shortens a pause. is_new: it was not paused before.
create function trans_hub.pause_engine(
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

-- Opens the circuit; by the probe, again and for twice as long as before. A call that began before it opened changes
-- nothing. openings names the opening, for who tells it once.
create function trans_hub.open_engine_circuit(
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

revoke execute on all functions in schema trans_hub from public;

-- Down Migration
drop function trans_hub.open_engine_circuit, trans_hub.pause_engine, trans_hub.renew_engine_calls, trans_hub.settle_engine_call,
  trans_hub.reserve_engine, trans_hub.lock_engine;
drop table trans_hub.engine_lease, trans_hub.rate_limit;
