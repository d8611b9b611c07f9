-- Counts rows that became, or ceased to be, translated or approved. One entry of the arrays is one row of `translation`
-- with its status before and after the statement of the caller. Null stands for a row that did not exist, or is removed;
-- a whole array may be null.
--
-- Every SQL path that stores, replaces, approves, takes back or removes a text calls this function in the same
-- transaction. So its callers are the list of places at which a later feed of events is written. The function itself is not
-- such a place: it gets no keys, and a row that fails, or goes from failed to pending, is no change to it. The settlement of a
-- batch counts for itself (postgres/settle/store.sql.ts): a call of a function for each statement of the hot path would be a
-- cost without a use.
--
-- It only inserts, and so waits for no other transaction. Names are qualified, and nothing is SET: callers in TypeScript
-- have any search_path, and a SET costs more than the insert of a small call.
create or replace function trans_hub.count_changes(
  projects text[], target_locales text[],
  old_statuses trans_hub.translation_status[], new_statuses trans_hub.translation_status[]
) returns void
language sql volatile
as $$
  insert into trans_hub.count_delta (project, target_locale, status, delta)
  select c.project, c.target_locale, side.status, sum(side.delta)
  from unnest(projects, target_locales, old_statuses, new_statuses) as c (project, target_locale, old_status, new_status)
  cross join lateral (values (c.old_status, -1), (c.new_status, 1)) as side (status, delta)
  where side.status in ('translated', 'approved')
  group by c.project, c.target_locale, side.status
  having sum(side.delta) <> 0
$$;
