-- Ends a call: corrects the tokens that it took, ends its lease, and, if it was the probe, closes or reopens the circuit.
-- `works` null: the probe found nothing out, and another call may try after `retry_ms`. Gives whether the circuit closed.
create or replace function trans_hub.settle_engine_call(
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
