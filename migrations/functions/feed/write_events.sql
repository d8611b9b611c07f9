-- Writes events of one kind into the feed, while somebody subscribes. One entry of the arrays is one row of `translation`; its
-- revision is the one that the event leaves behind, or null. A target locale of null is each one.
--
-- Every SQL path that stores, fails, approves, takes back or removes a text calls this function in the same transaction, after
-- the statement that changed the rows: so their locks are held, and no later change of them has a lower number. The settlement
-- of a batch writes for itself (postgres/settle/store.sql.ts).
--
-- Names are qualified, and nothing is SET: see count_changes.
create or replace function trans_hub.write_events(
  of_kind text, projects text[], target_locales text[], content_nos bigint[], context_nos bigint[], revisions integer[]
) returns void
language sql volatile
as $$
  with written as (
    insert into trans_hub.event (kind, project, target_locale, content_nos, context_nos, revisions)
    select
      of_kind, c.project, c.target_locale, array_agg(c.content_no order by c.ord),
      case when min(c.context_no) = max(c.context_no) then array[min(c.context_no)] else array_agg(c.context_no order by c.ord) end,
      case
        when min(c.revision) is null then null
        when min(c.revision) = max(c.revision) then array[min(c.revision)]
        else array_agg(c.revision order by c.ord)
      end
    from unnest(projects, target_locales, content_nos, context_nos, revisions)
      with ordinality as c (project, target_locale, content_no, context_no, revision, ord)
    where exists (select from trans_hub.feed_switch)
    -- An act of an operator may change a million texts. A reader gets an event whole.
    group by c.project, c.target_locale, (c.ord - 1) / 2000
    returning n
  )
  insert into trans_hub.event_queue (n) select w.n from written as w
$$;
