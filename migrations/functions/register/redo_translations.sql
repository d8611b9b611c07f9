-- Puts existing rows that do not satisfy the request (is_due) back to work at the next revision, so that their earlier batch
-- changes nothing any more. A waiting row that would only expire too early keeps its batch, and its expiry is moved. "due"
-- are places in "wanted".
--
--   redone    places of the rows that go into a new batch, and of each its revision
--   revived   those of them that did not wait before. A hastened row waited: it counts as existing.
create or replace function trans_hub.redo_translations(
  wanted trans_hub.wanted_row[], due integer[], for_engine text,
  out redone integer[], out revisions integer[], out revived integer[]
)
language plpgsql volatile
as $$
declare
  locked_rows tid[];
  locked_places integer[];
  locked_statuses translation_status[];
  prolonged boolean[];
  translated_projects text[];
  translated_locales text[];
begin
  select
    array_agg(t.ctid), array_agg(w.place), array_agg(t.status),
    array_agg(t.status = 'pending' and t.priority <= w.priority)
  into locked_rows, locked_places, locked_statuses, prolonged
  from (
    select w.*
    from unnest(due) as d (place)
    join unnest(wanted) as w using (place)
    order by w.content_no, w.locale, w.context_no, w.project
  ) as w
  cross join lateral (
    select t.ctid, t.status, t.priority
    from translation as t
    where t.content_no = w.content_no and t.target_locale = w.locale
      and t.context_no = w.context_no and t.project = w.project
      and is_due(t.status, t.engine, t.priority, t.expires_at, w.forced, for_engine, w.priority, w.expires_at)
    for update
  ) as t;

  -- A statement of its own: it must see the rows that a worker changed while the one above waited for their locks.
  with locked as materialized (
    select l.row, l.place, l.old_status, l.is_only_prolonged, w.priority, w.expires_at
    from unnest(locked_rows, locked_places, locked_statuses, prolonged) as l (row, place, old_status, is_only_prolonged)
    join unnest(wanted) as w using (place)
  ), prolonged as (
    update translation as t set expires_at = l.expires_at
    from locked as l
    where t.ctid = l.row and l.is_only_prolonged
  ), again as (
    update translation as t
    set
      status = 'pending', revision = t.revision + 1, priority = l.priority, updated_at = now(),
      expires_at = case
        when l.old_status <> 'pending' then l.expires_at
        -- "greatest" passes over a null, which here is the greatest.
        when t.expires_at is not null and l.expires_at is not null then greatest(t.expires_at, l.expires_at)
      end
    from locked as l
    where t.ctid = l.row and not l.is_only_prolonged
    returning t.content_no, t.target_locale, t.context_no, t.project, t.revision, l.old_status, l.place
  ), closed as (
    update dead_letter as d
    set replayed_at = now()
    from (
      select d.ctid
      from again as a
      cross join lateral (
        select d.ctid, d.replayed_at from dead_letter as d
        where d.content_no = a.content_no and d.target_locale = a.target_locale
          and d.context_no = a.context_no and d.project = a.project
        offset 0
      ) as d
      -- Outside: inside, all letters that are open would be read for each row, by the index that lists them.
      where d.replayed_at is null
    ) as open_letter
    where d.ctid = open_letter.ctid
  )
  select
    array_agg(a.place), array_agg(a.revision), array_agg(a.place) filter (where a.old_status <> 'pending'),
    array_agg(a.project) filter (where a.old_status = 'translated'),
    array_agg(a.target_locale) filter (where a.old_status = 'translated')
  into redone, revisions, revived, translated_projects, translated_locales
  from again as a;

  if translated_projects is not null then
    perform count_changes(
      translated_projects, translated_locales,
      array_fill('translated'::translation_status, array[cardinality(translated_projects)]),
      array_fill('pending'::translation_status, array[cardinality(translated_projects)])
    );
  end if;
end
$$;
