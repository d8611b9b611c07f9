-- Takes one act of a person on the row of a translation, which the caller has locked, and writes it into the history.
--
--   problem        why it cannot be taken, and nothing is changed; null: it is taken
--   old_status     of the row before, and new_status after
--   new_revision   of the row as it then stands
create or replace function trans_hub.review_row(
  of_content_no bigint, of_target_locale text, of_context_no bigint, of_project text,
  kind text, seen_revision integer, given_text text, given_note text, person text, is_to_hide boolean,
  out problem text, out old_status trans_hub.translation_status, out new_status trans_hub.translation_status,
  out new_revision integer
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  before translation;
  after translation;
  undone review_act;
  -- The revision that the last act left behind.
  left_revision integer;
  closed_letter bigint;
begin
  select t.* into before
  from translation as t
  where t.content_no = of_content_no and t.target_locale = of_target_locale and t.context_no = of_context_no
    and t.project = of_project
  for update;
  if not found then
    problem := 'missing';
    return;
  end if;
  if kind = 'undo' then
    undone := act_to_undo(of_content_no, of_target_locale, of_context_no, of_project);
    select max(a.revision_after) into left_revision
    from review_act as a
    where a.content_no = of_content_no and a.target_locale = of_target_locale and a.context_no = of_context_no
      and a.project = of_project and a.action <> 'replace';
  end if;
  old_status := before.status;
  new_status := before.status;
  new_revision := before.revision;
  problem := case
    when seen_revision <> before.revision then 'revision'
    when kind = 'approve' and given_text is null and before.text is null then 'no_text'
    when kind = 'reject' and before.text is null then 'no_text'
    when kind = 'reopen' and before.status <> 'approved' then 'not_approved'
    when kind = 'undo' and undone.act_no is null then 'nothing_to_undo'
    when kind = 'undo' and seen_revision is null and before.revision <> left_revision then 'revision'
  end;
  if problem is not null then
    return;
  end if;
  after := reviewed_row(before, kind, given_text, person, is_to_hide, undone);

  with closed as (
    update dead_letter as d set replayed_at = now()
    from (
      select d.ctid, d.replayed_at
      from dead_letter as d
      where d.content_no = of_content_no and d.target_locale = of_target_locale and d.context_no = of_context_no
        and d.project = of_project
      offset 0
    ) as letter
    where d.ctid = letter.ctid and letter.replayed_at is null
    returning d.id
  )
  select max(c.id) into closed_letter from closed as c;
  if undone.letter_id is not null then
    -- A letter speaks of a row at one revision.
    update dead_letter as d set replayed_at = null, revision = after.revision where d.id = undone.letter_id;
    if found then
      after.failed_revision := after.revision;
    end if;
  end if;
  -- A failed row without a letter could not be replayed: without its letter it is tried again.
  if after.status = 'failed' and after.failed_revision is distinct from after.revision then
    after.status := 'pending';
    after.priority := -1;
  end if;

  update translation as t
  set status = after.status, priority = after.priority, revision = after.revision, text = after.text, engine = after.engine,
    model = after.model, quality_flags = after.quality_flags, approved_by = after.approved_by,
    failed_revision = after.failed_revision, expires_at = after.expires_at, updated_at = after.updated_at
  where t.content_no = of_content_no and t.target_locale = of_target_locale and t.context_no = of_context_no
    and t.project = of_project;
  insert into review_act (
    content_no, target_locale, context_no, project, action, acted_by, note, status_before, revision_before, text_before,
    engine_before, model_before, flags_before, approved_by_before, letter_id, status_after, revision_after, text_after,
    engine_after, model_after, undoes
  )
  values (
    of_content_no, of_target_locale, of_context_no, of_project,
    case when kind = 'approve' and given_text is not null then 'edit' else kind end, person, given_note,
    before.status, before.revision, before.text, before.engine, before.model, before.quality_flags, before.approved_by,
    closed_letter, after.status, after.revision, after.text, after.engine, after.model, undone.act_no
  );
  new_status := after.status;
  new_revision := after.revision;
end
$$;
