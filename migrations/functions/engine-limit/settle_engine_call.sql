-- Ends a call: corrects the tokens that it took, ends its lease, and, if it was the probe, closes or reopens the circuit.
-- `works` null: the probe found nothing out, and another call may try after `retry_ms`. Gives whether the circuit closed.
--
-- An outage ends with the first answer, whichever call got it, and so does a row of faults.
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
