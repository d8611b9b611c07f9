-- Counts a call that got no answer, and opens the circuit of the engine once there were `least_faults` over `least_ms` or more, with no
-- answer to any member in between. `is_outage`: the engine is down, as far as the fleet knows, and the call says nothing about its texts.
-- `doubts` is the number of such calls since the last answer to a call that began after the first of them. `counts`: the call counts, because it
-- began after the end of the last outage. `answered_ms`: milliseconds since the last answer that a member reported; null: there was none.
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
