-- Registers items, each once for each of its target locales. Everything the caller knows comes as arrays; all identity
-- (sha256, canonical JSON) is made here and nowhere else.
--
--   texts                 one entry an item, as in the next six, each of which is null where it has nothing to say:
--   business_ids          no item has one
--   contexts, formats     no item has one; all are 'auto'
--   verbatim              no item is stored as it is
--   lifetimes             so many seconds from now on the item is wanted, if it waits for so long; for ever, also an entry
--   item_groups           all items are of the first group
--   group_projects … group_forced   one entry a group of items that agree in these and in their target locales
--   want_groups, want_locales       one entry for each target locale of a group, counted from 1
--   batch_size, batch_bytes   the most items, and bytes of text, that one batch takes
--   touch_after           how old last_seen_at must be to be written again
--   for_engine            when set and not 'pseudo', rows stored by 'pseudo' count as missing
--   lock_timeout_ms       how long to wait for a stranger's lock: 55P03 then tells the caller to try again in halves, so
--                         that nobody but what is behind the lock is held up
--
-- Gives, for each item, how many of its rows this call made or put back to work, how many were there, and how many of
-- those lie in the dead letters; for each of the last two null where no item has any.
--
-- The order of locks: context by context_id, content by content_id, then source and translation by key. A collection, which takes
-- contents first, waits for nobody; nor does this for long. A text that a collection removes at this very moment is noticed (fewer rows than asked)
-- and registered again, from before the insert: repeating it while holding the greater keys would deadlock.
create or replace function trans_hub.register(
  texts text[],
  business_ids text[],
  contexts text[],
  formats text[],
  verbatim boolean[],
  lifetimes integer[],
  item_groups integer[],
  group_projects text[],
  group_source_locales text[],
  group_priorities smallint[],
  group_forced boolean[],
  want_groups integer[],
  want_locales text[],
  batch_size integer,
  batch_bytes integer,
  touch_after interval,
  for_engine text,
  lock_timeout_ms integer,
  out registered integer[],
  out existing integer[],
  out failed integer[]
)
language plpgsql volatile security definer
set search_path = pg_catalog, trans_hub, pg_temp
-- What the body sets it to would otherwise stay for the rest of the caller's transaction.
set lock_timeout = 0
-- Plans here must not depend on statistics: the first import runs on tables that were never analyzed.
set enable_seqscan = off
-- That makes plans look dear, and the dear are compiled: before PostgreSQL 18, some 60 ms for every call.
set jit = off
as $$
declare
  item_content_ids uuid[];
  item_contents bigint[];
  item_contexts integer[];
  content_ids uuid[];
  content_nos bigint[];
  context_ids uuid[];
  context_nos integer[];
  context_canonicals text[];
  context_formats text[];
  -- Rows of this call, a distinct key once: new ones, and old ones put back to work.
  made_contents bigint[];
  made_contexts integer[];
  made_locales text[];
  made_projects text[];
  redo_rows tid[];
  redo_statuses translation_status[];
  redo_priorities smallint[];
  redo_untils timestamptz[];
  redo_only_prolonged boolean[];
  redone record;
  work_contents bigint[];
  work_contexts integer[];
  work_locales text[];
  work_projects text[];
  work_revisions integer[];
  work_priorities smallint[];
  work_source_locales text[];
  work_bytes integer[];
  has_existing boolean;
  longest integer;
  want_projects text[];
  want_source_locales text[];
  want_priorities smallint[];
  has_verbatim boolean;
  -- Of the items, what is work.
  work_groups integer[];
  work_lifetimes integer[];
  -- One entry an item, and one for each of its target locales.
  projects text[];
  source_locales text[];
  priorities smallint[];
  forced boolean[];
  pair_items integer[];
  pair_locales text[];
  pair_lifetimes integer[];
  new_revision integer;
  new_batches uuid[];
  new_projects text[];
  new_locales text[];
  new_priorities smallint[];
  new_run_ats timestamptz[];
begin
  perform set_config('lock_timeout', lock_timeout_ms::text, true);
  select
    array_agg(content_id(group_source_locales[coalesce(i.group_no, 1)], i.text) order by i.ord), max(octet_length(i.text))
  into item_content_ids, longest
  from unnest(texts, item_groups) with ordinality as i (text, group_no, ord);

  -- 1: contexts are there, and locked against collection. Most calls have none.
  if contexts is not null or formats is not null then
    select
      array_agg(context_id(d.canonical, d.format) order by i.ord),
      array_agg(d.canonical order by i.ord),
      array_agg(d.format order by i.ord)
    into context_ids, context_canonicals, context_formats
    from unnest(texts, contexts, formats) with ordinality as i (text, context, format, ord)
    cross join lateral (
      select canonical_json(i.context::jsonb) as canonical, coalesce(i.format, 'auto') as format
    ) as d;

    for try in 1..10 loop
      begin
        insert into context (context_id, canonical, format)
        select distinct on (i.context_id) i.context_id, i.canonical, i.format
        from unnest(context_ids, context_canonicals, context_formats) as i (context_id, canonical, format)
        where (i.canonical is not null or i.format <> 'auto')
          and not exists (select from context as c where c.context_id = i.context_id offset 0)
        order by i.context_id
        on conflict on constraint context_is_stored_once do nothing;

        select array_agg(coalesce(c.context_no, 0) order by i.ord)
        into item_contexts
        from unnest(context_ids) with ordinality as i (context_id, ord)
        left join (
          select c.context_id, c.context_no
          from context as c
          where c.context_id = any (context_ids)
          order by c.context_id
          for key share
        ) as c on c.context_id = i.context_id;

        exit when not exists (
          select from unnest(item_contexts, context_canonicals, context_formats) as i (context_no, canonical, format)
          where i.context_no = 0 and (i.canonical is not null or i.format <> 'auto')
        );
        raise exception using errcode = 'TH900', message = 'a context was collected while it was registered';
      exception when sqlstate 'TH900' then
        if try = 10 then
          raise exception using errcode = '40001', message = 'contexts were collected as fast as they were registered';
        end if;
      end;
    end loop;
  else
    item_contexts := array_fill(0, array[cardinality(texts)]);
  end if;

  -- A catalog that is new: nobody has any of its texts, and each is here once. Then nobody has any of its rows either, and
  -- nobody sees them before this transaction ends: no conflicts, locks and looks. Of more than fifty texts some speak for all; where they
  -- are wrong, the unique key says so and nothing has happened.
  if
    (select count(*) from (select from unnest(item_content_ids) as i group by i) as d) = cardinality(texts)
    and not exists (
      select from content as c
      where c.content_id = any (array(
        select item_content_ids[i] from generate_series(1, cardinality(texts), (cardinality(texts) + 49) / 50) as i
      ))
    )
  then
    begin
      new_revision := first_revision();
      item_contents := array(select nextval('content_content_no_seq') from generate_series(1, cardinality(texts)));

      insert into content (content_no, content_id, source_locale, text)
      overriding system value
      select i.content_no, i.content_id, group_source_locales[coalesce(i.group_no, 1)], i.text
      from unnest(item_contents, item_content_ids, item_groups, texts) as i (content_no, content_id, group_no, text)
      order by i.content_id;

      insert into source (project, business_id, content_no, context_no)
      select group_projects[coalesce(i.group_no, 1)], coalesce(i.business_id, ''), i.content_no, i.context_no
      from unnest(item_contents, item_contexts, item_groups, business_ids)
        as i (content_no, context_no, group_no, business_id);

      select
        array_agg(group_projects[w.group_no] order by w.ord), array_agg(group_source_locales[w.group_no] order by w.ord),
        array_agg(group_priorities[w.group_no] order by w.ord),
        verbatim is not null or bool_or(w.locale = group_source_locales[w.group_no])
      into want_projects, want_source_locales, want_priorities, has_verbatim
      from unnest(want_groups, want_locales) with ordinality as w (group_no, locale, ord);

      if has_verbatim then
        with made as (
          insert into translation
            (content_no, target_locale, context_no, project, status, priority, revision, text, engine)
          select
            i.content_no, w.locale, i.context_no, w.project, 'translated', w.priority, new_revision, i.text, 'none'
          from unnest(item_contents, item_contexts, item_groups, verbatim, texts)
            as i (content_no, context_no, group_no, verbatim, text)
          join unnest(want_groups, want_locales, want_projects, want_source_locales, want_priorities)
            as w (group_no, locale, project, source_locale, priority)
            on w.group_no = coalesce(i.group_no, 1)
          where i.verbatim or w.locale = w.source_locale
          returning project, target_locale
        )
        insert into count_delta (project, target_locale, status, delta)
        select m.project, m.target_locale, 'translated', count(*) from made as m group by m.project, m.target_locale;
      end if;

      if verbatim is null then
        work_contents := item_contents;
        work_contexts := item_contexts;
        work_groups := item_groups;
        work_lifetimes := lifetimes;
      else
        select
          array_agg(i.content_no order by i.ord), array_agg(i.context_no order by i.ord), array_agg(i.group_no order by i.ord),
          array_agg(i.lifetime order by i.ord)
        into work_contents, work_contexts, work_groups, work_lifetimes
        from unnest(item_contents, item_contexts, item_groups, lifetimes, verbatim) with ordinality
          as i (content_no, context_no, group_no, lifetime, verbatim, ord)
        where i.verbatim is not true;
      end if;

      insert into translation (content_no, target_locale, context_no, project, status, priority, revision, expires_at)
      select
        i.content_no, w.locale, i.context_no, w.project, 'pending', w.priority, new_revision,
        now() + make_interval(secs => i.lifetime)
      from unnest(work_contents, work_contexts, work_groups, work_lifetimes)
        as i (content_no, context_no, group_no, lifetime)
      join unnest(want_groups, want_locales, want_projects, want_source_locales, want_priorities)
        as w (group_no, locale, project, source_locale, priority)
        on w.group_no = coalesce(i.group_no, 1)
      where w.locale <> w.source_locale;

      if item_groups is null and longest::bigint * batch_size <= batch_bytes then
        -- As enqueue_batches would, where all batches are full: it is given arrays, and making those takes longer than packing.
        with packed as (
          insert into batch (project, source_locale, target_locale, content_nos, context_nos, revisions, priority)
          select
            w.project, w.source_locale, w.locale, work_contents[at : at + batch_size - 1],
            work_contexts[at : at + batch_size - 1],
            array_fill(new_revision, array[least(batch_size, cardinality(work_contents) - at + 1)]), w.priority
          from unnest(want_locales, want_projects, want_source_locales, want_priorities)
            as w (locale, project, source_locale, priority)
          cross join generate_series(1, cardinality(work_contents), batch_size) as at
          where w.locale <> w.source_locale
          returning batch_id, project, target_locale, priority, run_at
        )
        select
          array_agg(p.batch_id), array_agg(p.project), array_agg(p.target_locale), array_agg(p.priority), array_agg(p.run_at)
        into new_batches, new_projects, new_locales, new_priorities, new_run_ats
        from packed as p;
        if new_batches is not null then
          perform add_batch_jobs(new_batches, new_projects, new_locales, new_priorities, new_run_ats);
        end if;
      else
        perform enqueue_batches(
          array_agg(i.content_no order by i.ord), array_agg(w.locale order by i.ord), array_agg(i.context_no order by i.ord),
          array_agg(w.project order by i.ord), array_fill(new_revision, array[count(*)::integer]),
          array_agg(w.priority order by i.ord), array_agg(w.source_locale order by i.ord), array_agg(i.bytes order by i.ord),
          batch_size, batch_bytes
        )
        from (
          select i.content_no, i.context_no, i.group_no, i.verbatim, octet_length(i.text) as bytes, i.ord
          from unnest(item_contents, item_contexts, item_groups, verbatim, texts) with ordinality
            as i (content_no, context_no, group_no, verbatim, text, ord)
        ) as i
        join unnest(want_groups, want_locales, want_projects, want_source_locales, want_priorities)
          as w (group_no, locale, project, source_locale, priority)
          on w.group_no = coalesce(i.group_no, 1)
        where i.verbatim is not true and w.locale <> w.source_locale
        having count(*) > 0;
      end if;

      if item_groups is null then
        registered := array_fill(cardinality(want_locales), array[cardinality(texts)]);
      else
        select array_agg(w.wants order by i.ord)
        into registered
        from unnest(item_groups) with ordinality as i (group_no, ord)
        join (select w.group_no, count(*)::integer as wants from unnest(want_groups) as w (group_no) group by w.group_no) as w
          using (group_no);
      end if;
      return;
    exception when unique_violation then
      -- Somebody was faster.
      null;
    end;
  end if;

  -- Some of it may be there: from here on, every item has everything of its own, and each of its target locales.
  select
    array_agg(group_projects[i.group_no] order by i.ord), array_agg(group_source_locales[i.group_no] order by i.ord),
    array_agg(group_priorities[i.group_no] order by i.ord), array_agg(group_forced[i.group_no] order by i.ord),
    array_agg(coalesce(i.business_id, '') order by i.ord), array_agg(coalesce(i.verbatim, false) order by i.ord)
  into projects, source_locales, priorities, forced, business_ids, verbatim
  from (
    select i.business_id, i.verbatim, coalesce(i.group_no, 1) as group_no, i.ord
    from unnest(texts, business_ids, verbatim, item_groups) with ordinality as i (text, business_id, verbatim, group_no, ord)
  ) as i;
  select array_agg(i.ord::integer order by i.ord, w.ord), array_agg(w.locale order by i.ord, w.ord)
  into pair_items, pair_locales
  from unnest(texts, item_groups) with ordinality as i (text, group_no, ord)
  join unnest(want_groups, want_locales) with ordinality as w (group_no, locale, ord) on w.group_no = coalesce(i.group_no, 1);

  -- Who wants a row for the longest time decides for all of the call; null, for ever, is the longest.
  if lifetimes is not null then
    select array_agg(p.lifetime order by p.ord)
    into pair_lifetimes
    from (
      select
        p.ord,
        case when count(*) over of_row = count(i.lifetime) over of_row then max(i.lifetime) over of_row end as lifetime
      from unnest(pair_items, pair_locales) with ordinality as p (item, locale, ord)
      join unnest(item_content_ids, item_contexts, projects, lifetimes)
        with ordinality as i (content_id, context_no, project, lifetime, ord) on i.ord = p.item
      window of_row as (partition by i.content_id, p.locale, i.context_no, i.project)
    ) as p;
  end if;

  -- 2: contents are there, and locked against collection. What this call inserts nobody else sees: only the others want a lock.
  for try in 1..10 loop
    begin
      with made as (
        insert into content (content_id, source_locale, text)
        select distinct on (i.content_id) i.content_id, i.source_locale, i.text
        from unnest(item_content_ids, source_locales, texts) as i (content_id, source_locale, text)
        where not exists (select from content as c where c.content_id = i.content_id offset 0)
        order by i.content_id
        on conflict on constraint content_is_stored_once do nothing
        returning content_id, content_no
      )
      select array_agg(m.content_id), array_agg(m.content_no) into content_ids, content_nos from made as m;

      select content_ids || array_agg(c.content_id), content_nos || array_agg(c.content_no)
      into content_ids, content_nos
      from (
        select c.content_id, c.content_no
        from content as c
        where c.content_id = any (array(select unnest(item_content_ids) except select unnest(content_ids)))
        order by c.content_id
        for key share
      ) as c;

      exit when cardinality(content_ids) = (select count(distinct i) from unnest(item_content_ids) as i);
      raise exception using errcode = 'TH900', message = 'a text was collected while it was registered';
    exception when sqlstate 'TH900' then
      if try = 10 then
        raise exception using errcode = '40001', message = 'texts were collected as fast as they were registered';
      end if;
    end;
  end loop;

  select array_agg(c.content_no order by i.ord)
  into item_contents
  from unnest(item_content_ids) with ordinality as i (content_id, ord)
  join unnest(content_ids, content_nos) as c (content_id, content_no) on c.content_id = i.content_id;

  -- 3: who uses them.
  touch_after := least(touch_after, (select min(g.retention) / 10 from gc_run g where g.started_at > now() - interval '1 day'));

  -- Rows seen lately are left alone, chosen by a plain read, so an unchanged catalog writes nothing.
  insert into source (project, business_id, content_no, context_no)
  select distinct i.project, i.business_id, i.content_no, i.context_no
  from unnest(projects, business_ids, item_contents, item_contexts) as i (project, business_id, content_no, context_no)
  where not exists (
    select from source as s
    where s.project = i.project and s.business_id = i.business_id
      and s.content_no = i.content_no and s.context_no = i.context_no
    offset 0
  )
  order by i.project, i.business_id, i.content_no, i.context_no
  on conflict do nothing;

  with seen as (
    select s.project, s.business_id, s.content_no, s.context_no
    from (
      select distinct i.project, i.business_id, i.content_no, i.context_no
      from unnest(projects, business_ids, item_contents, item_contexts)
        as i (project, business_id, content_no, context_no)
    ) as i
    cross join lateral (
      select s.* from source as s
      where s.project = i.project and s.business_id = i.business_id
        and s.content_no = i.content_no and s.context_no = i.context_no
        and (
          s.last_seen_at < now() - touch_after
          -- The text requested last is the text of its business id, also when it was that before.
          or (s.business_id <> '' and exists (
            select from source as younger
            where younger.project = s.project and younger.business_id = s.business_id
              and younger.last_seen_at > s.last_seen_at
          ))
        )
      offset 0
    ) as s
  ), locked as materialized (
    select s.ctid
    from (select * from seen order by project, business_id, content_no, context_no) as i
    cross join lateral (
      select s.ctid from source as s
      where s.project = i.project and s.business_id = i.business_id
        and s.content_no = i.content_no and s.context_no = i.context_no
      for update
    ) as s
  )
  update source as s set last_seen_at = now() from locked where s.ctid = locked.ctid;

  -- 4: the rows themselves.
  with pair as (
    select distinct on (i.content_no, p.locale, i.context_no, i.project)
      i.content_no, p.locale, i.context_no, i.project, i.text, i.priority, p.lifetime,
      i.verbatim or p.locale = i.source_locale as is_verbatim
    from unnest(pair_items, pair_locales, pair_lifetimes) as p (item, locale, lifetime)
    join unnest(item_contents, item_contexts, projects, source_locales, texts, verbatim, priorities)
      with ordinality as i (content_no, context_no, project, source_locale, text, verbatim, priority, ord)
      on i.ord = p.item
    order by i.content_no, p.locale, i.context_no, i.project, i.priority
  ), made as (
    insert into translation (content_no, target_locale, context_no, project, status, priority, text, engine, expires_at)
    select
      p.content_no, p.locale, p.context_no, p.project,
      case when p.is_verbatim then 'translated' else 'pending' end::translation_status,
      p.priority,
      case when p.is_verbatim then p.text end,
      case when p.is_verbatim then 'none' end,
      case when not p.is_verbatim then now() + make_interval(secs => p.lifetime) end
    from pair as p
    order by p.content_no, p.locale, p.context_no, p.project
    on conflict do nothing
    returning content_no, target_locale, context_no, project, status, revision, priority
  )
  select
    array_agg(m.content_no), array_agg(m.target_locale), array_agg(m.context_no), array_agg(m.project),
    array_agg(m.content_no) filter (where m.status = 'pending'),
    array_agg(m.target_locale) filter (where m.status = 'pending'),
    array_agg(m.context_no) filter (where m.status = 'pending'),
    array_agg(m.project) filter (where m.status = 'pending'),
    array_agg(m.revision) filter (where m.status = 'pending'),
    array_agg(m.priority) filter (where m.status = 'pending')
  into
    made_contents, made_locales, made_contexts, made_projects,
    work_contents, work_locales, work_contexts, work_projects, work_revisions, work_priorities
  from made as m;

  has_existing := coalesce(cardinality(made_contents), 0) < cardinality(pair_items);

  if made_contents is not null and coalesce(cardinality(work_contents), 0) < cardinality(made_contents) then
    insert into count_delta (project, target_locale, status, delta)
    select m.project, m.locale, 'translated', count(*)
    from (
      select m.project, m.locale, m.content_no, m.context_no
      from unnest(made_projects, made_locales, made_contents, made_contexts) as m (project, locale, content_no, context_no)
      except
      select w.project, w.locale, w.content_no, w.context_no
      from unnest(work_projects, work_locales, work_contents, work_contexts) as w (project, locale, content_no, context_no)
    ) as m
    group by m.project, m.locale;
  end if;

  -- Rows that were there: forced ones, pseudo ones asked for by a real engine, and pending ones wanted sooner go (back)
  -- to work at the next revision, which makes whatever batch held them before a no-op. Pending ones that would expire before
  -- this call's wish does are only prolonged, where they are: no request without an expiry finds any.
  if has_existing then
    with pair as (
      select
        i.content_no, p.locale, i.context_no, i.project,
        bool_or(i.forced) as is_forced, min(i.priority) as priority,
        now() + make_interval(secs => min(p.lifetime)) as expires_at,
        bool_and(i.verbatim or p.locale = i.source_locale) as is_verbatim
      from unnest(pair_items, pair_locales, pair_lifetimes) as p (item, locale, lifetime)
      join unnest(item_contents, item_contexts, projects, source_locales, verbatim, priorities, forced)
        with ordinality as i (content_no, context_no, project, source_locale, verbatim, priority, forced, ord)
        on i.ord = p.item
      group by i.content_no, p.locale, i.context_no, i.project
    ), wanted as (
      select
        t.content_no, t.target_locale, t.context_no, t.project,
        p.priority as wanted_priority, p.is_forced, p.expires_at as wanted_until
      from pair as p
      cross join lateral (
        select t.content_no, t.target_locale, t.context_no, t.project
        from translation as t
        where t.content_no = p.content_no and t.target_locale = p.locale
          and t.context_no = p.context_no and t.project = p.project
          and not p.is_verbatim
          and (
            (p.is_forced and t.status in ('translated', 'failed'))
            or (for_engine <> 'pseudo' and t.status = 'translated' and t.engine = 'pseudo')
            or (t.status = 'pending' and t.priority > p.priority)
            or (t.status = 'pending' and t.expires_at < coalesce(p.expires_at, 'infinity'))
          )
        offset 0
      ) as t
      -- Not those that this very call made.
      where not exists (
        select from unnest(made_contents, made_locales, made_contexts, made_projects)
          as m (content_no, locale, context_no, project)
        where m.content_no = p.content_no and m.locale = p.locale and m.context_no = p.context_no and m.project = p.project
      )
    )
    select
      array_agg(l.ctid), array_agg(l.status), array_agg(l.wanted_priority), array_agg(l.wanted_until),
      array_agg(l.status = 'pending' and l.priority <= l.wanted_priority)
    into redo_rows, redo_statuses, redo_priorities, redo_untils, redo_only_prolonged
    from (
      select t.ctid, t.status, t.priority, w.wanted_priority, w.wanted_until
      from (select * from wanted order by content_no, target_locale, context_no, project) as w
      cross join lateral (
        select t.ctid, t.status, t.priority
        from translation as t
        where t.content_no = w.content_no and t.target_locale = w.target_locale
          and t.context_no = w.context_no and t.project = w.project
          and (
            (w.is_forced and t.status in ('translated', 'failed'))
            or (for_engine <> 'pseudo' and t.status = 'translated' and t.engine = 'pseudo')
            or (t.status = 'pending' and t.priority > w.wanted_priority)
            or (t.status = 'pending' and t.expires_at < coalesce(w.wanted_until, 'infinity'))
          )
        for update
      ) as t
    ) as l;

    -- A statement of its own: what a worker hands over while the one above waits for it is out of that one's sight.
    with locked as materialized (
      select * from unnest(redo_rows, redo_statuses, redo_priorities, redo_untils, redo_only_prolonged)
        as l (row, old_status, wanted_priority, wanted_until, is_only_prolonged)
    ), prolonged as (
      update translation as t set expires_at = l.wanted_until
      from locked as l
      where t.ctid = l.row and l.is_only_prolonged
    ), again as (
      update translation as t
      set
        status = 'pending', revision = t.revision + 1, priority = l.wanted_priority, updated_at = now(),
        expires_at = case
          when l.old_status <> 'pending' then l.wanted_until
          -- "greatest" passes over a null, which here is the greatest.
          when t.expires_at is not null and l.wanted_until is not null then greatest(t.expires_at, l.wanted_until)
        end
      from locked as l
      where t.ctid = l.row and not l.is_only_prolonged
      returning t.content_no, t.target_locale, t.context_no, t.project, t.revision, t.priority, l.old_status
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
        -- Not inside, or all that are open would be read for each row, by the index that lists them.
        where d.replayed_at is null
      ) as open_letter
      where d.ctid = open_letter.ctid
    ), counted as (
      insert into count_delta (project, target_locale, status, delta)
      select a.project, a.target_locale, 'translated', -count(*)
      from again as a
      where a.old_status = 'translated'
      group by a.project, a.target_locale
    )
    select
      -- A hastened row was pending before: it goes into a new batch, and still counts as existing.
      array_agg(a.content_no) filter (where a.old_status <> 'pending') as made_contents,
      array_agg(a.target_locale) filter (where a.old_status <> 'pending') as made_locales,
      array_agg(a.context_no) filter (where a.old_status <> 'pending') as made_contexts,
      array_agg(a.project) filter (where a.old_status <> 'pending') as made_projects,
      array_agg(a.content_no) as contents, array_agg(a.target_locale) as locales, array_agg(a.context_no) as contexts,
      array_agg(a.project) as projects, array_agg(a.revision) as revisions, array_agg(a.priority) as priorities
    into redone
    from again as a;

    if redone.contents is not null then
      made_contents := made_contents || redone.made_contents;
      made_locales := made_locales || redone.made_locales;
      made_contexts := made_contexts || redone.made_contexts;
      made_projects := made_projects || redone.made_projects;
      work_contents := work_contents || redone.contents;
      work_locales := work_locales || redone.locales;
      work_contexts := work_contexts || redone.contexts;
      work_projects := work_projects || redone.projects;
      work_revisions := work_revisions || redone.revisions;
      work_priorities := work_priorities || redone.priorities;
    end if;
  end if;

  if work_contents is not null then
    -- In the order of the items: what the inserts gave back is in the order of the locks.
    select
      array_agg(w.content_no order by i.ord), array_agg(w.locale order by i.ord), array_agg(w.context_no order by i.ord),
      array_agg(w.project order by i.ord), array_agg(w.revision order by i.ord), array_agg(w.priority order by i.ord),
      array_agg(i.source_locale order by i.ord), array_agg(i.bytes order by i.ord)
    into
      work_contents, work_locales, work_contexts, work_projects, work_revisions, work_priorities, work_source_locales,
      work_bytes
    from unnest(work_contents, work_locales, work_contexts, work_projects, work_revisions, work_priorities)
      as w (content_no, locale, context_no, project, revision, priority)
    join (
      select i.content_no, i.source_locale, octet_length(i.text) as bytes, min(i.ord) as ord
      from unnest(item_contents, source_locales, texts) with ordinality as i (content_no, source_locale, text, ord)
      group by i.content_no, i.source_locale, i.text
    ) as i on i.content_no = w.content_no;
    perform enqueue_batches(
      work_contents, work_locales, work_contexts, work_projects, work_revisions, work_priorities, work_source_locales,
      work_bytes, batch_size, batch_bytes
    );
  end if;

  -- Each row of the call is told to the first item that asked for it.
  select
    array_agg(i.registered order by i.ord),
    case when bool_or(i.existing > 0) then array_agg(i.existing order by i.ord) end,
    case when bool_or(i.failed > 0) then array_agg(i.failed order by i.ord) end
  into registered, existing, failed
  from (
    select
      i.ord,
      (count(p.item) filter (where p.is_made))::integer as registered,
      (count(p.item) filter (where not p.is_made))::integer as existing,
      (count(p.item) filter (where p.is_failed))::integer as failed
    from generate_series(1, cardinality(texts)) as i (ord)
    left join (
      select
        p.item,
        m.content_no is not null
          and row_number() over (partition by i.content_no, p.locale, i.context_no, i.project order by p.ord) = 1 as is_made,
        has_existing and m.content_no is null and exists (
          select from translation as t
          where t.content_no = i.content_no and t.target_locale = p.locale
            and t.context_no = i.context_no and t.project = i.project and t.status = 'failed'
          offset 0
        ) as is_failed
      from unnest(pair_items, pair_locales) with ordinality as p (item, locale, ord)
      join unnest(item_contents, item_contexts, projects)
        with ordinality as i (content_no, context_no, project, ord) on i.ord = p.item
      left join unnest(made_contents, made_locales, made_contexts, made_projects)
        as m (content_no, locale, context_no, project)
        on m.content_no = i.content_no and m.locale = p.locale
        and m.context_no = i.context_no and m.project = i.project
    ) as p on p.item = i.ord
    group by i.ord
  ) as i;
end
$$;
