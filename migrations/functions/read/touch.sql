-- Notes that texts were read, so that collection leaves them. A read by text is a use by the text itself (business id ''):
-- touching the rows of its business ids could make an old text the one "seen last" under an id.
-- Rows that another transaction has locked are passed over; the rest is noted.
create or replace function trans_hub.touch(
  projects text[], business_ids text[], source_locales text[], texts text[], contexts text[], formats text[],
  touch_after interval
) returns void
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
set lock_timeout = '50ms'
as $$
declare
  found_due record;
  due record;
begin
  -- Reading works on a standby and in a read-only transaction, too.
  if current_setting('transaction_read_only')::boolean then
    return;
  end if;
  -- A year at most: an interval of the caller's could lie beyond the calendar.
  touch_after := least(
    greatest(coalesce(touch_after, interval '1 day'), interval '0'), interval '1 year',
    (select min(g.retention) / 10 from gc_run g where g.started_at > now() - interval '1 day')
  );
  select
    array_agg(d.project) as projects, array_agg(d.business_id) as business_ids, array_agg(d.content_no) as content_nos,
    array_agg(d.context_no) as context_nos
  into found_due
  from (
    select distinct r.project, case when r.text is null then r.business_id else '' end as business_id, f.content_no, f.context_no
    from unnest(projects, business_ids, source_locales, texts, contexts, formats)
      as r (project, business_id, source_locale, text, context, format)
    cross join lateral find_row(r.project, r.business_id, r.source_locale, r.text, r.context, r.format) as f
    where f.content_no is not null and f.context_no is not null
      and not exists (
        select from source as s
        where s.project = r.project and s.business_id = case when r.text is null then r.business_id else '' end
          and s.content_no = f.content_no and s.context_no = f.context_no
          and s.last_seen_at >= now() - touch_after
        offset 0
      )
      -- Only texts that the project has: reading a text of another project is no use of it.
      and exists (
        select from source as s
        where s.content_no = f.content_no and s.context_no = f.context_no and s.project = r.project
        offset 0
      )
    order by f.content_no, f.context_no, r.project, business_id
  ) as d;
  -- Mostly, all of them were noted today: such a call begins no savepoint.
  if found_due.projects is null then
    return;
  end if;
  -- In a transaction of a higher isolation level, a note that another reader has written since its snapshot cannot be read. The
  -- caller wants translations, so the notes of this call are given up instead of its transaction.
  begin
    for due in
      select d.*
      from unnest(found_due.projects, found_due.business_ids, found_due.content_nos, found_due.context_nos)
        as d (project, business_id, content_no, context_no)
    loop
      -- The lock that registering takes. A text that a collection has locked is about to go: its reads do not count.
      perform from content as c where c.content_no = due.content_no for key share skip locked;
      continue when not found;
      -- A locked note is being written by another reader, with the same time: no reader waits for it.
      update source as s set last_seen_at = now()
      where s.ctid = (
        select s.ctid from source as s
        where s.project = due.project and s.business_id = due.business_id
          and s.content_no = due.content_no and s.context_no = due.context_no
        for no key update skip locked
      );
      continue when found or exists (
        select from source as s
        where s.project = due.project and s.business_id = due.business_id
          and s.content_no = due.content_no and s.context_no = due.context_no
      );
      begin
        insert into source as s (project, business_id, content_no, context_no)
        values (due.project, due.business_id, due.content_no, due.context_no)
        on conflict (project, business_id, content_no, context_no) do nothing;
      exception when lock_not_available or deadlock_detected then
        -- A note that is new and not committed cannot be skipped; the insert waits for it. The first waits 50 ms, later ones 1 ms.
        perform set_config('lock_timeout', '1ms', true);
      end;
    end loop;
  exception when serialization_failure then
    null;
  end;
end
$$;
