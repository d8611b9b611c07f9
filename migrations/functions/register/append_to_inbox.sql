-- Appends checked items as one row, with the one job that will register it. Takes no lock that another transaction could wait
-- for.
create or replace function trans_hub.append_to_inbox(items jsonb, defaults jsonb) returns bigint
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
-- See add_batch_jobs.
set enable_seqscan = off
set enable_indexscan = off
as $$
declare
  inbox_id bigint;
begin
  insert into inbox (items, defaults) values (items, defaults) returning id into inbox_id;
  perform graphile_worker.add_job('register_inbox', json_build_object('inbox', inbox_id), max_attempts => 32767, priority => -2000);
  return inbox_id;
end
$$;
