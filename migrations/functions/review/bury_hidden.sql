-- Ends the work on texts that a person rejected and hid, and whose new try was cancelled: their rows fail, with a dead letter, and go
-- on hiding the text. Removing them would remove a text that a person may have written. The caller holds locks on the rows. Gives
-- how many.
create or replace function trans_hub.bury_hidden(doomed tid[]) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  projects text[];
  locales text[];
  contents bigint[];
  contexts bigint[];
  revisions integer[];
begin
  if doomed is null then
    return 0;
  end if;
  with buried as (
    update translation as t
    set status = 'failed', revision = t.revision + 1, failed_revision = t.revision + 1, updated_at = now()
    where t.ctid = any (doomed)
    returning t.content_no, t.target_locale, t.context_no, t.project, t.revision, t.priority
  ), lettered as (
    insert into dead_letter (
      content_no, target_locale, context_no, project, revision, priority, kept_text, history, code, message
    )
    select
      b.content_no, b.target_locale, b.context_no, b.project, b.revision, b.priority, false, '[]', 'TH_CANCELLED',
      'A reviewer rejected the text and hid it, and its new try was cancelled'
    from buried as b
  )
  select
    array_agg(b.project), array_agg(b.target_locale), array_agg(b.content_no), array_agg(b.context_no), array_agg(b.revision)
  into projects, locales, contents, contexts, revisions
  from buried as b;
  perform write_events('failed', projects, locales, contents, contexts, revisions);
  return coalesce(cardinality(projects), 0);
end
$$;
