-- Reserves one call to an engine. A refused call takes nothing, and `wait_ms` says when to ask again. A granted call may start
-- after `wait_ms`, at most `ahead_ms`; its share is taken already.
--
-- A call that wants more tokens than the bucket holds passes when the bucket is full, and leaves it in debt: refused, it would
-- wait for ever. A rate of null is no limit. After an open circuit's time one call passes, as the probe.
-- `beside_outage`: the call passes the open circuit of an outage, as a probe beside any other.
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
