-- Control by operators: forgetting a text, cancelling what waits, pausing. Safe while the previous release runs: it calls none of this (and so does not pause). The two indexes lock their
-- tables against writing while they are built (some 1 s for a million rows with a context; rows without one are left out).

-- Up Migration

-- From a context to its uses, for who must know that there is none. Only rows that have a context stand in them.
create index source_by_context on trans_hub.source (context_no) where context_no <> 0;
create index translation_by_context on trans_hub.translation (context_no) where context_no <> 0;

-- Takes out of batches what is no work any more: texts that are not pending at the batch's revision, with their history.
-- Changes no row that stands, so it is safe beside whoever works on the batch. Locks come after those of the rows, as in a
-- settlement.
create function trans_hub.prune_batches(batch_ids uuid[]) returns void
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set enable_seqscan = off
set jit = off
as $$
declare
  parked_jobs bigint;
begin
  perform from batch as b where b.batch_id = any (batch_ids) order by b.batch_id for update;

  with kept as materialized (
    select
      b.batch_id,
      array_agg(e.content_no order by e.ord) as content_nos,
      array_agg(e.context_no order by e.ord) as context_nos,
      array_agg(e.revision order by e.ord) as revisions,
      jsonb_agg(coalesce(b.history -> (e.ord - 1)::integer, '[]') order by e.ord) as history
    from batch as b
    cross join lateral unnest(b.content_nos, b.context_nos, b.revisions)
      with ordinality as e (content_no, context_no, revision, ord)
    cross join lateral (
      select t.revision from translation as t
      where t.content_no = e.content_no and t.target_locale = b.target_locale
        and t.context_no = e.context_no and t.project = b.project
        and t.status = 'pending' and t.revision = e.revision
      offset 0
    ) as standing
    where b.batch_id = any (batch_ids)
    group by b.batch_id
  ), cut as (
    update batch as b
    set content_nos = k.content_nos, context_nos = k.context_nos, revisions = k.revisions,
      history = case when b.history is not null then k.history end
    from kept as k
    where b.batch_id = k.batch_id and cardinality(k.content_nos) < cardinality(b.content_nos)
  ), gone as (
    delete from batch as b
    where b.batch_id = any (batch_ids) and not exists (select from kept as k where k.batch_id = b.batch_id)
    returning b.batch_id, b.run_at
  )
  -- The job of one that is gone finds nothing, and ends; but not one that is parked, whose time never comes.
  select count(graphile_worker.remove_job(g.batch_id::text)) into parked_jobs from gone as g where g.run_at = 'infinity';
end
$$;

-- Whether an item that waits in the inbox is to be forgotten: it was requested under this business id, or it is this text.
create function trans_hub.is_to_forget(
  item jsonb, defaults jsonb,
  of_project text, of_business_id text, of_text text, of_content_id uuid, in_context uuid, in_every_context boolean
) returns boolean
language plpgsql stable
set search_path = pg_catalog, trans_hub, pg_temp
as $$
begin
  if coalesce(item ->> 'project', defaults ->> 'project', 'default') <> of_project then
    return false;
  elsif of_business_id is not null then
    return coalesce(item ->> 'businessId', defaults ->> 'businessId', '') = of_business_id;
  elsif coalesce(item ->> 'text', defaults ->> 'text', '') <> of_text then
    return false;
  end if;
  begin
    return content_id(canonical_locale(coalesce(item ->> 'sourceLocale', defaults ->> 'sourceLocale', 'und')), of_text) = of_content_id
      and (
        in_every_context
        or context_id(
          canonical_json(normal_context(coalesce(nullif(item -> 'context', 'null'), defaults -> 'context'))),
          coalesce(item ->> 'format', defaults ->> 'format', 'auto')
        ) is not distinct from in_context
      );
  exception when others then
    -- It was refused and is kept for a person to look at. What it would have become nobody knows; its text is this one.
    return true;
  end;
end
$$;

-- Removes a project's text from every table: its uses, translations, dead letters, what its batches say of it, items of the
-- inbox that hold it, and the text and its contexts themselves where nobody else uses them.
--
--   of_business_id   names every text that was ever registered under this id. A text that another id of the project uses
--                    too stays for it; a use without an id does not hold it (reading by text makes one).
--   of_text          or else names one text, under all its ids; with a format only in this context, otherwise in each
--
-- Gives how many texts the project has no more (each context its own, items of the inbox included), and how many of those
-- named stay for another id, context or project.
--
-- Locks in the order that everybody takes them in: inbox, content, context, then the rest by key. Who is registering the
-- text finds it collected and makes it anew; who is translating it has a row no more, and stores nothing.
create function trans_hub.forget(
  of_project text, of_business_id text, of_source_locale text, of_text text, of_context text, of_format text,
  out forgotten bigint, out still_used bigint
)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = '5s'
set enable_seqscan = off
set jit = off
as $$
declare
  of_content_id uuid := content_id(of_source_locale, of_text);
  in_context uuid := context_id(of_context, of_format);
  in_context_no integer;
  in_every_context boolean := of_format is null;
  rows_of_inbox bigint[];
  taken bigint;
  contents bigint[];
  contexts integer[];
  -- What the project has no more, a distinct (content, context) once.
  gone_contents bigint[];
  gone_contexts integer[];
  doomed tid[];
begin
  forgotten := 0;
  still_used := 0;

  -- Until no row is left that holds it: one that somebody had in hand may come back as two.
  loop
    select array_agg(i.id) into rows_of_inbox
    from inbox as i
    where exists (
      select from jsonb_array_elements(i.items) as e (value)
      where is_to_forget(
        e.value, i.defaults, of_project, of_business_id, of_text, of_content_id, in_context, in_every_context
      )
    );
    exit when rows_of_inbox is null;
    perform from inbox as i where i.id = any (rows_of_inbox) order by i.id for update;
    with kept as materialized (
      select
        i.id,
        jsonb_agg(e.value order by e.ord) filter (where not e.goes) as items,
        count(*) filter (where e.goes) as gone
      from inbox as i
      cross join lateral (
        select e.value, e.ord, is_to_forget(
          e.value, i.defaults, of_project, of_business_id, of_text, of_content_id, in_context, in_every_context
        ) as goes
        from jsonb_array_elements(i.items) with ordinality as e (value, ord)
      ) as e
      where i.id = any (rows_of_inbox)
      group by i.id
    ), emptied as (
      delete from inbox as i using kept as k where i.id = k.id and k.items is null
    ), cut as (
      update inbox as i set items = k.items from kept as k where i.id = k.id and k.items is not null
    )
    select coalesce(sum(k.gone), 0) into taken from kept as k;
    forgotten := forgotten + taken;
  end loop;

  if of_business_id is null then
    select array_agg(c.content_no) into contents
    from (select c.content_no from content as c where c.content_id = of_content_id for update) as c;
  else
    select array_agg(c.content_no) into contents
    from (
      select c.content_no
      from content as c
      where c.content_no = any (array(
        select s.content_no from source as s where s.project = of_project and s.business_id = of_business_id
      ))
      order by c.content_id
      for update
    ) as c;
  end if;
  -- Without a row, -1: no use is in a context that is not there.
  in_context_no := case
    when in_context is null then 0
    else coalesce((select x.context_no from context as x where x.context_id = in_context), -1)
  end;

  -- The rows of the project that are meant. A text that a person approved may have no use any more.
  select array_agg(r.content_no), array_agg(r.context_no) into gone_contents, gone_contexts
  from (
    select s.content_no, s.context_no
    from source as s
    where s.content_no = any (contents) and s.project = of_project
      and (of_business_id is null or s.business_id = of_business_id)
    union
    select t.content_no, t.context_no
    from translation as t
    where of_business_id is null and t.content_no = any (contents) and t.project = of_project
  ) as r
  where in_every_context or r.context_no = in_context_no;
  if gone_contents is null then
    return;
  end if;
  contents := gone_contents;

  select array_agg(x.context_no) into contexts
  from (
    select x.context_no from context as x where x.context_no = any (gone_contexts) order by x.context_id for update
  ) as x;

  delete from source as s
  where s.content_no = any (contents) and s.project = of_project
    and (of_business_id is null or s.business_id = of_business_id)
    and (in_every_context or s.context_no = in_context_no);

  -- What another id of the project still uses is its own to forget.
  select array_agg(r.content_no), array_agg(r.context_no) into gone_contents, gone_contexts
  from unnest(gone_contents, gone_contexts) as r (content_no, context_no)
  where not exists (
    select from source as s
    where s.content_no = r.content_no and s.context_no = r.context_no and s.project = of_project and s.business_id <> ''
    offset 0
  );
  delete from source as s
  using unnest(gone_contents, gone_contexts) as r (content_no, context_no)
  where s.content_no = r.content_no and s.context_no = r.context_no and s.project = of_project;

  -- A statement of its own: what a worker stores while this waits for it is out of the sight of the statement that waited,
  -- which would lock it and leave it there.
  select array_agg(t.ctid) into doomed
  from (
    select t.ctid
    from translation as t
    join unnest(gone_contents, gone_contexts) as r (content_no, context_no) using (content_no, context_no)
    where t.project = of_project
    order by t.content_no, t.target_locale, t.context_no, t.project
    for update of t
  ) as t;

  with gone as (
    delete from translation as t
    where t.ctid = any (doomed)
    returning t.target_locale, t.status
  )
  insert into count_delta (project, target_locale, status, delta)
  select of_project, g.target_locale, g.status, -count(*)
  from gone as g
  where g.status in ('translated', 'approved')
  group by g.target_locale, g.status;

  delete from dead_letter as d
  using unnest(gone_contents, gone_contexts) as r (content_no, context_no)
  where d.content_no = r.content_no and d.context_no = r.context_no and d.project = of_project;

  perform prune_batches((
    select array_agg(b.batch_id) from batch as b where b.project = of_project and b.content_nos && gone_contents
  ));

  delete from content as c
  where c.content_no = any (contents)
    and not exists (select from source as s where s.content_no = c.content_no offset 0)
    and not exists (select from translation as t where t.content_no = c.content_no offset 0);
  delete from context as x
  where x.context_no = any (contexts)
    and not exists (select from source as s where s.context_no = x.context_no and s.context_no <> 0 offset 0)
    and not exists (select from translation as t where t.context_no = x.context_no and t.context_no <> 0 offset 0);

  forgotten := forgotten + coalesce(cardinality(gone_contents), 0);
  select count(*) into still_used from content as c where c.content_no = any (contents);
end
$$;

-- Takes back what waits in these batches: a row that never had a text goes, one that had is translated again, as it was. With
-- a prefix only texts that the project uses under such business ids, and under no other. Gives how many rows.
--
-- Sources stay, and age out: removing them would need the lock of each text.
create function trans_hub.cancel_batches(batch_ids uuid[], id_prefix text) returns bigint
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
set lock_timeout = '5s'
set enable_seqscan = off
set jit = off
as $$
declare
  cancelled bigint;
begin
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
    select t.ctid, t.text is not null as has_text
    from (select * from entry order by content_no, target_locale, context_no, project) as e
    cross join lateral (
      select t.ctid, t.text
      from translation as t
      where t.content_no = e.content_no and t.target_locale = e.target_locale
        and t.context_no = e.context_no and t.project = e.project
        and t.revision = e.revision and t.status = 'pending'
      for update
    ) as t
  ), removed as (
    delete from translation as t
    using locked as l
    where t.ctid = l.ctid and not l.has_text
    returning t.content_no, t.target_locale, t.context_no, t.project
  ), letters as materialized (
    select d.ctid
    from removed as r
    cross join lateral (
      select d.ctid from dead_letter as d
      where d.content_no = r.content_no and d.target_locale = r.target_locale
        and d.context_no = r.context_no and d.project = r.project
      offset 0
    ) as d
  ), unburied as (
    delete from dead_letter as d using letters as l where d.ctid = l.ctid
  ), gone_back as (
    update translation as t
    set status = 'translated', revision = t.revision + 1, updated_at = now()
    from locked as l
    where t.ctid = l.ctid and l.has_text
    returning t.project, t.target_locale
  ), counted as (
    insert into count_delta (project, target_locale, status, delta)
    select g.project, g.target_locale, 'translated', count(*) from gone_back as g group by g.project, g.target_locale
  )
  select (select count(*) from removed) + (select count(*) from gone_back) into cancelled;
  perform prune_batches(batch_ids);
  return cancelled;
end
$$;

-- What the fleet leaves alone until it is resumed.
create table trans_hub.pause (
  kind text not null,
  -- The engine, project or locale; '' for everything.
  name text not null,
  paused_at timestamptz not null default now(),
  primary key (kind, name),
  constraint pause_kind_is_known check (kind in ('everything', 'engine', 'project', 'locale')),
  constraint pause_names_what_it_pauses check ((kind = 'everything') = (name = ''))
);

create function trans_hub.is_paused(of_project text, of_locale text) returns boolean
language sql stable
return exists (
  select from trans_hub.pause as p
  where p.kind = 'everything'
    or p.kind = 'project' and p.name = of_project
    or p.kind = 'locale' and p.name = of_locale
);

-- A paused batch is parked: it and its job wait for 'infinity', claimed by nobody, until it is resumed.
--
-- Parks claimed batches, and gives those that it did: none whose pause has ended. Who resumes waits for the locks on the
-- pauses taken here, and then finds what was parked; so nothing is parked behind its back.
create function trans_hub.park_batches(batch_ids uuid[]) returns setof uuid
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  parked uuid[];
begin
  perform from pause order by kind, name for key share;

  with locked as materialized (
    select b.batch_id
    from batch as b
    where b.batch_id = any (batch_ids) and is_paused(b.project, b.target_locale)
    order by b.batch_id
    for update
  ), moved as (
    update batch as b set run_at = 'infinity', started_by = null
    from locked as l
    where b.batch_id = l.batch_id
    returning b.batch_id
  )
  select array_agg(m.batch_id) into parked from moved as m;
  -- The job that the caller holds loses its key, and ends with the caller; this makes the one that waits.
  perform trans_hub.renew_batch_jobs(parked);
  return query select unnest(parked);
end
$$;

-- Jobs for batches at the time of each, as its lane's priority is now.
create function trans_hub.renew_batch_jobs(batch_ids uuid[]) returns void
language sql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
  select trans_hub.add_batch_jobs(
    array_agg(b.batch_id), array_agg(b.project), array_agg(b.target_locale), array_agg(b.priority), array_agg(b.run_at)
  )
  from batch as b
  where b.batch_id = any (batch_ids)
  having count(*) > 0
$$;

-- Parks the next so many due batches of paused lanes after an id, so that a fleet need not claim each to find it paused.
-- What is claimed already is its worker's to park; what is due later is parked when it is claimed.
create function trans_hub.park_waiting(after uuid, size integer, out reached uuid, out parked bigint)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  due uuid[];
begin
  perform from pause order by kind, name for key share;
  select array_agg(b.batch_id), max(b.batch_id::text)::uuid into due, reached
  from (
    select b.batch_id
    from batch as b
    where b.batch_id > after and b.run_at <= now() and is_paused(b.project, b.target_locale)
    order by b.batch_id
    limit size
    for update
  ) as b;
  -- graphile-worker moves those that nobody holds, and says which.
  update batch as b set run_at = 'infinity'
  from (
    select j.key
    from graphile_worker.reschedule_jobs(
      array(select j.id from graphile_worker.jobs as j where j.key = any (due::text[])), run_at => 'infinity'
    ) as j
  ) as moved
  where b.batch_id = any (due) and b.batch_id::text = moved.key;
  get diagnostics parked = row_count;
end
$$;

-- Brings the next so many parked batches after an id forward whose lane is not paused (any more). Who parked for the sake
-- of an engine is only known to itself: those come forward when anything is resumed, and with "sure" only once no engine is
-- paused.
create function trans_hub.unpark_batches(after uuid, size integer, sure boolean, out reached uuid, out unparked bigint)
language plpgsql volatile
set search_path = pg_catalog, trans_hub, pg_temp
as $$
declare
  due uuid[];
begin
  if sure and exists (select from pause as p where p.kind = 'engine') then
    unparked := 0;
    return;
  end if;
  select array_agg(b.batch_id), max(b.batch_id::text)::uuid into due, reached
  from (
    select b.batch_id
    from batch as b
    where b.batch_id > after and b.run_at = 'infinity' and not is_paused(b.project, b.target_locale)
    order by b.batch_id
    limit size
    for update skip locked
  ) as b;
  update batch as b set run_at = now() where b.batch_id = any (due);
  get diagnostics unparked = row_count;
  perform renew_batch_jobs(due);
end
$$;

revoke execute on all functions in schema trans_hub from public;

-- Down Migration
-- Who goes back has nothing that would bring forward what is parked.
delete from trans_hub.pause;
select from trans_hub.unpark_batches('00000000-0000-0000-0000-000000000000', 2147483647, false);
drop function trans_hub.unpark_batches, trans_hub.park_waiting, trans_hub.renew_batch_jobs, trans_hub.park_batches,
  trans_hub.is_paused;
drop table trans_hub.pause;
drop function trans_hub.cancel_batches, trans_hub.forget, trans_hub.is_to_forget, trans_hub.prune_batches;
drop index trans_hub.translation_by_context, trans_hub.source_by_context;
