-- Books calls as lost that no member of the fleet will settle: those of nodes that are gone, and those older than an hour, which no call
-- is. A late settlement corrects them.
create or replace function trans_hub.lose_stray_holds() returns bigint
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select trans_hub.lose_holds(array(
    select h.call_id
    from budget_hold as h
    where h.held_at < clock_timestamp() - interval '1 hour'
      or h.items = 0 and h.held_at < clock_timestamp() - interval '2 minutes'
      or not exists (select from worker_node as w where w.node_id = h.node_id)
  ))
$$;
