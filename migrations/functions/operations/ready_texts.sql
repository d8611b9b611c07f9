-- Texts that somebody should be working on now: waiting or in hand. In the inbox an item counts as one.
create or replace function trans_hub.ready_texts() returns bigint
language sql stable security definer
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select coalesce(sum(l.texts), 0)::bigint from trans_hub.due_lanes() as l
$$;
