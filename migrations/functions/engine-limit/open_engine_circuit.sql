-- Opens the circuit of an engine. The probe opens it again for twice as long as before; a call that began before the circuit
-- opened changes nothing. `openings` numbers the opening, so that callers report each one once.
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
