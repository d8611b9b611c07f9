-- Locks the engine's row, and makes it when there is none.
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
