-- The number of texts that are due: waiting, or being translated. An item of the inbox counts as one text.
create or replace function trans_hub.ready_texts() returns bigint
language sql stable security definer
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select coalesce(sum(l.texts), 0)::bigint from trans_hub.due_lanes() as l
$$;
