-- Closes the circuit of an engine (null: of every engine) because somebody found the engine in order, and gives the names of the
-- engines that were held. A call that found the fault before decides nothing any more. `with_pause`: the engine's pause ends too.
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
