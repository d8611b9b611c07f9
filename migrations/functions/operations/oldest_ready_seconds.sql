-- For how many seconds the oldest ready text has been due; 0: none is. See ready_texts.
create or replace function trans_hub.oldest_ready_seconds() returns double precision
language sql stable security definer
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select coalesce(greatest(0, extract(epoch from now() - min(l.since))), 0)::double precision from trans_hub.due_lanes() as l
$$;
