-- Collects among the next `size` texts after a number, of one project or (null) of all. The first statement locks, the others
-- look again (see Pragmas): deciding and deleting in one statement would delete rows that were registered in between.
create or replace function trans_hub.collect_range(
  after bigint, size integer, cutoff timestamptz, include_approved boolean, of_project text,
  out reached bigint, out sources bigint, out translations bigint, out contents bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  locked bigint[];
  doomed tid[];
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform refuse_isolation('collect_range');
  end if;
  sources := 0;
  translations := 0;
  contents := 0;
  select max(c.content_no) into reached
  from (select c.content_no from content as c where c.content_no > after order by c.content_no limit size) as c;
  if reached is null then
    return;
  end if;

  -- A text that is being registered at this moment is locked, and in use: it is skipped.
  select array_agg(c.content_no) into locked
  from (
    select c.content_no
    from content as c
    where c.content_no > after and c.content_no <= reached
      and (
        not exists (select from source as s where s.content_no = c.content_no offset 0)
        or exists (
          select from source as s
          where s.content_no = c.content_no and s.last_seen_at < cutoff and (of_project is null or s.project = of_project)
          offset 0
        )
        or exists (
          select from translation as t
          where t.content_no = c.content_no
            and (of_project is null or t.project = of_project)
            and not exists (
              select from source as s
              where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project
              offset 0
            )
          offset 0
        )
      )
    order by c.content_id
    for update skip locked
  ) as c;
  if locked is null then
    return;
  end if;

  delete from source as s
  where s.content_no = any (locked) and s.last_seen_at < cutoff and (of_project is null or s.project = of_project);
  get diagnostics sources = row_count;

  -- Locked by one statement and removed by the next: see remove_translations.
  select array_agg(t.ctid) into doomed
  from (
    select t.ctid
    from translation as t
    where t.content_no = any (locked)
      and (of_project is null or t.project = of_project)
      and (include_approved or t.status <> 'approved')
      and not exists (
        select from source as s
        where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project
        offset 0
      )
    order by t.content_no, t.target_locale, t.context_no, t.project
    for update of t
  ) as t;

  translations := remove_translations(doomed, 'collected');

  contents := remove_unused_contents(locked);
end
$$;
