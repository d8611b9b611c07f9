-- Takes acts of people on translations (docs/adr/0056), in their order and in one transaction: one entry of the arrays is one act, of
-- a kind `approve`, `reject`, `reopen` or `undo`. Rows that are to be translated anew go into batches of the given size. Gives, for
-- each act, the reason why it could not be taken (null: it was), and the revision of its row (null: there is none). At most 500.
--
-- The rows are locked by the first statement, in the order of all writers; each act then sees its row as it is.
create or replace function trans_hub.review(
  kinds text[], projects text[], target_locales text[], content_nos bigint[], context_nos bigint[], revisions integer[],
  texts text[], notes text[], people text[], hides boolean[], batch_size integer, batch_bytes integer,
  out problems text[], out present_revisions integer[]
)
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = '5s'
set enable_seqscan = off
set jit = off
as $$
declare
  acts integer := coalesce(cardinality(kinds), 0);
  done record;
  old_statuses translation_status[];
  new_statuses translation_status[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('review');
  end if;
  if acts > 500 or not coalesce(kinds <@ array['approve', 'reject', 'reopen', 'undo'], true)
    or array_position(kinds, null) is not null or '' = any (texts)
    or greatest(cardinality(projects), cardinality(target_locales), cardinality(content_nos), cardinality(context_nos)) > acts
  then
    raise exception using
      errcode = 'TH001', column = 'acts',
      message = 'must be at most 500 acts, each approve, reject, reopen or undo, and none with an empty text';
  end if;
  perform
  from (
    select i.* from unnest(content_nos, target_locales, context_nos, projects) as i (content_no, target_locale, context_no, project)
    -- A lock is an act too: nobody holds rows of a locale that is not theirs.
    where may_review(i.target_locale)
    order by i.content_no, i.target_locale, i.context_no, i.project
  ) as i
  cross join lateral (
    select from translation as t
    where t.content_no = i.content_no and t.target_locale = i.target_locale and t.context_no = i.context_no
      and t.project = i.project
    for update
  ) as t;

  -- Begun whole: an array whose first entries are never assigned has other bounds, and drivers drop those.
  present_revisions := array_fill(null::integer, array[acts]);
  for at in 1 .. acts loop
    if not may_review(target_locales[at]) then
      problems[at] := 'locale';
      continue;
    end if;
    select r.* into done
    from review_row(
      content_nos[at], target_locales[at], context_nos[at], projects[at], kinds[at], revisions[at], texts[at], notes[at],
      people[at], coalesce(hides[at], false)
    ) as r;
    problems[at] := done.problem;
    present_revisions[at] := done.new_revision;
    old_statuses[at] := done.old_status;
    new_statuses[at] := done.new_status;
  end loop;

  perform remember_rows(
    array_agg(content_nos[at]), array_agg(target_locales[at]), array_agg(context_nos[at]), array_agg(projects[at])
  )
  from generate_series(1, acts) as at
  where problems[at] is null
  having count(*) > 0;
  perform count_changes(
    array_agg(projects[at]), array_agg(target_locales[at]), array_agg(old_statuses[at]), array_agg(new_statuses[at])
  )
  from generate_series(1, acts) as at
  where problems[at] is null;
  perform write_events(
    e.kind, array_agg(projects[e.at] order by e.at), array_agg(target_locales[e.at] order by e.at),
    array_agg(content_nos[e.at] order by e.at), array_agg(context_nos[e.at] order by e.at),
    array_agg(present_revisions[e.at] order by e.at)
  )
  from (
    -- Of acts on one row, the last one: a row has one revision after this transaction.
    select distinct on (content_nos[at], target_locales[at], context_nos[at], projects[at])
      at,
      case kinds[at]
        when 'approve' then 'approved' when 'reject' then 'rejected' when 'reopen' then 'reopened' else 'undone'
      end as kind
    from generate_series(1, acts) as at
    where problems[at] is null
    order by content_nos[at], target_locales[at], context_nos[at], projects[at], at desc
  ) as e
  group by e.kind;
  perform enqueue_batches(
    array_agg(r.content_no), array_agg(r.target_locale), array_agg(r.context_no), array_agg(r.project), array_agg(r.revision),
    array_agg(r.priority), array_agg(c.source_locale), array_agg(octet_length(c.text)),
    least(greatest(batch_size, 1), 1000), greatest(batch_bytes, 1)
  )
  from (
    -- Of acts on one row, the last one counts.
    select t.content_no, t.target_locale, t.context_no, t.project, t.revision, t.priority
    from generate_series(1, acts) as at
    cross join lateral (
      select t.* from translation as t
      where t.content_no = content_nos[at] and t.target_locale = target_locales[at] and t.context_no = context_nos[at]
        and t.project = projects[at] and t.status = 'pending' and t.revision = present_revisions[at]
      offset 0
    ) as t
    where problems[at] is null
    order by t.content_no, t.target_locale, t.context_no, t.project
  ) as r
  join content as c on c.content_no = r.content_no
  having count(*) > 0;
end
$$;
