-- Stops all calls to an engine for a while, and never shortens a pause. `is_new` says that the engine was not paused before.
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
