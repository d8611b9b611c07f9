-- Takes back the pending texts of these batches: a row that never had a text is removed, a row that had one is translated again,
-- with that text, and a row whose text a person rejected and hid fails (bury_hidden). With a prefix only texts that the project uses under business ids with that prefix, and under no other id.
-- Gives the number of rows.
--
-- The uses (`source`) stay, and are collected with age: removing them would need the lock of each text.
create or replace function trans_hub.cancel_batches(batch_ids uuid[], id_prefix text) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = '5s'
set enable_seqscan = off
set jit = off
as $$
declare
  -- Places of the locked rows: those that never had a text, those that go back to theirs, and those that hide theirs.
  doomed tid[];
  kept tid[];
  hidden tid[];
  cancelled bigint;
  projects text[];
  locales text[];
  old_statuses translation_status[];
  new_statuses translation_status[];
  contents bigint[];
  contexts bigint[];
  revisions integer[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('cancel_batches');
  end if;
  with entry as (
    select e.content_no, b.target_locale, e.context_no, b.project, e.revision
    from batch as b
    cross join lateral unnest(b.content_nos, b.context_nos, b.revisions) as e (content_no, context_no, revision)
    where b.batch_id = any (batch_ids)
      and (
        id_prefix is null
        or exists (
          select from source as s
          where s.content_no = e.content_no and s.context_no = e.context_no and s.project = b.project
            and starts_with(s.business_id, id_prefix)
          offset 0
        )
        and not exists (
          select from source as s
          where s.content_no = e.content_no and s.context_no = e.context_no and s.project = b.project
            and s.business_id <> '' and not starts_with(s.business_id, id_prefix)
          offset 0
        )
      )
  ), locked as materialized (
    select t.ctid, t.text is not null as has_text,
      t.text is null and is_hidden(e.content_no, e.target_locale, e.context_no, e.project) as hides
    from (select * from entry order by content_no, target_locale, context_no, project) as e
    cross join lateral (
      select t.ctid, t.text
      from translation as t
      where t.content_no = e.content_no and t.target_locale = e.target_locale
        and t.context_no = e.context_no and t.project = e.project
        and t.revision = e.revision and t.status = 'pending'
      for update
    ) as t
  )
  select
    array_agg(l.ctid) filter (where not l.has_text and not l.hides), array_agg(l.ctid) filter (where l.has_text),
    array_agg(l.ctid) filter (where l.hides)
  into doomed, kept, hidden
  from locked as l;
  cancelled := remove_translations(doomed, 'cancelled') + bury_hidden(hidden);

  with gone_back as (
    update translation as t
    set status = 'translated', revision = t.revision + 1, updated_at = now()
    where t.ctid = any (kept)
    returning t.project, t.target_locale, t.status, t.content_no, t.context_no, t.revision
  )
  select
    cancelled + count(*),
    array_agg(g.project), array_agg(g.target_locale), array_fill('pending'::translation_status, array[count(*)::integer]),
    array_agg(g.status), array_agg(g.content_no), array_agg(g.context_no), array_agg(g.revision)
  into cancelled, projects, locales, old_statuses, new_statuses, contents, contexts, revisions
  from gone_back as g;
  perform count_changes(projects, locales, old_statuses, new_statuses);
  perform write_events('cancelled', projects, locales, contents, contexts, revisions);
  perform prune_batches(batch_ids);
  return cancelled;
end
$$;
