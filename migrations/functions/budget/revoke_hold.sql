-- Takes the hold of a call back whose reservation was not answered. It may still wait in the server for the lock of its budget, and would be
-- committed after a deletion. So a hold of no text and no amount takes the place of it: the late reservation fails by its key. The sweep
-- deletes it after two minutes, in which each statement of a worker has ended.
create or replace function trans_hub.revoke_hold(id uuid, of_project text, by_engine text, for_node text) returns void
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  insert into budget_hold (call_id, project, held_at, engine, source_locale, target_locale, items, amount, currency, node_id)
  values (id, of_project, clock_timestamp(), by_engine, '', '', 0, 0, '', for_node)
  on conflict (call_id) do update set items = 0, amount = 0
$$;
