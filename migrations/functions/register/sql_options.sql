-- The options of a registration by SQL: the library's defaults (50 texts and 32,768 bytes a batch, a note of use written
-- again after a day), and no bound but that of the database.
create or replace function trans_hub.sql_options(for_engine text, lock_timeout_ms integer) returns trans_hub.register_options
language plpgsql immutable
as $$
begin
  return row(50, 32768, interval '1 day', for_engine, lock_timeout_ms, null)::register_options;
end
$$;
