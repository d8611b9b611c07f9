-- Extends the leases of running calls, and that of the probe among them, except in an outage: a probe that an engine lets hang must not
-- hide its return until the time-out. The engine's row is locked first, as in every function of
-- this room.
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
