-- Garbage collection. The first release: nothing runs beside it.

-- Up Migration

-- Collects among the next so many texts after a number, of one project or (null) of all. Each statement here has its own snapshot: the first locks, the
-- others look again. Deciding and deleting in one statement would delete what was registered in between.
create function trans_hub.collect_range(
  after bigint, size integer, cutoff timestamptz, include_approved boolean, of_project text,
  out reached bigint, out sources bigint, out translations bigint, out contents bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
as $$
declare
  locked bigint[];
begin
  sources := 0;
  translations := 0;
  contents := 0;
  select max(c.content_no) into reached
  from (select c.content_no from content as c where c.content_no > after order by c.content_no limit size) as c;
  if reached is null then
    return;
  end if;

  -- Texts somebody is registering at this moment are skipped; they are in use.
  select array_agg(c.content_no) into locked
  from (
    select c.content_no
    from content as c
    where c.content_no > after and c.content_no <= reached
      and (
        exists (
          select from source as s
          where s.content_no = c.content_no and s.last_seen_at < cutoff and (of_project is null or s.project = of_project)
        )
        or exists (
          select from translation as t
          where t.content_no = c.content_no
            and (of_project is null or t.project = of_project)
            and not exists (
              select from source as s
              where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project
            )
        )
        or not exists (select from source as s where s.content_no = c.content_no)
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

  with doomed as (
    select t.content_no, t.target_locale, t.context_no, t.project
    from translation as t
    where t.content_no = any (locked)
      and (of_project is null or t.project = of_project)
      and (include_approved or t.status <> 'approved')
      and not exists (
        select from source as s
        where s.content_no = t.content_no and s.context_no = t.context_no and s.project = t.project
      )
    order by t.content_no, t.target_locale, t.context_no, t.project
    for update of t
  ), gone as (
    delete from translation as t
    using doomed as d
    where t.content_no = d.content_no and t.target_locale = d.target_locale
      and t.context_no = d.context_no and t.project = d.project
    returning t.content_no, t.target_locale, t.context_no, t.project, t.status
  ), unburied as (
    delete from dead_letter as d
    using gone as g
    where d.content_no = g.content_no and d.target_locale = g.target_locale
      and d.context_no = g.context_no and d.project = g.project
  ), counted as (
    insert into count_delta (project, target_locale, status, delta)
    select g.project, g.target_locale, g.status, -count(*)
    from gone as g
    where g.status in ('translated', 'approved')
    group by g.project, g.target_locale, g.status
  )
  select count(*) into translations from gone;

  delete from content as c
  where c.content_no = any (locked)
    and not exists (select from source as s where s.content_no = c.content_no)
    and not exists (select from translation as t where t.content_no = c.content_no);
  get diagnostics contents = row_count;
end
$$;

-- Contexts that nothing refers to and that are older than the retention. Registering locks the contexts it uses.
create function trans_hub.collect_contexts(cutoff timestamptz) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  locked integer[];
  contexts bigint;
begin
  select array_agg(x.context_no) into locked
  from (
    select x.context_no
    from context as x
    where x.created_at < cutoff
      and not exists (select from source as s where s.context_no = x.context_no)
      and not exists (select from translation as t where t.context_no = x.context_no)
    order by x.context_id
    for update skip locked
  ) as x;
  delete from context as x
  where x.context_no = any (locked)
    and not exists (select from source as s where s.context_no = x.context_no)
    and not exists (select from translation as t where t.context_no = x.context_no);
  get diagnostics contexts = row_count;
  return contexts;
end
$$;

revoke execute on all functions in schema trans_hub from public;

-- Down Migration
drop function trans_hub.collect_range, trans_hub.collect_contexts;
